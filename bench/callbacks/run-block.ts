import { median } from '../median.ts';
import type { Contestant } from './arena.ts';
import { assertEffects } from './effects.ts';
import { load } from './load.ts';

/** What a block of callbacks took: how many a second, the median of the answers, and the processors' time for one in the contestant's process. */
export type Block = { perSecond: number; p50Ms: number; cpuMs: number };

/** Calls so many prompts back and asserts, before the time is taken, that each was settled exactly once; then some once more, which must change nothing. */
export async function runBlock(contestant: Contestant, clients: number, size: number, repeated = 5): Promise<Block> {
  const { port, client, effects } = contestant;
  const some = contestant.take(size);
  const calls = some.map((waiting) => ({ path: contestant.path(waiting), body: waiting.body }));
  const before = await contestant.cpuMs();
  const begun = performance.now();
  const took = await load(port, calls, clients);
  await assertEffects(client, effects, some);
  const ms = performance.now() - begun;
  const cpuMs = (await contestant.cpuMs()) - before;

  await load(port, calls.slice(0, repeated), clients);
  await assertEffects(client, effects, some);
  return { perSecond: (size / ms) * 1_000, p50Ms: median(took), cpuMs: cpuMs / size };
}

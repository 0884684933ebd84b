import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import type { Db } from '#ground/db/types.ts';
import type { Contest, LoopClient } from './contest.ts';
import { median } from './median.ts';

export type Arena = {
  client: pg.Client;
  deployed: LoopClient;
  db: Db;
  loans: number;
  pairs: number;
  sample: number;
  say(text: string): void;
};

/** What a run must reach, as product: of the raw statement's speed, of the loop's, the share of time of a second run, and memory. */
const BARS = { ofRaw: 0.8, ofLoop: 50, secondRun: 0.2, heapMegabytes: 64 };

/**
 * Runs our run, the raw statement and the loop on the same loans, the first two in pairs that alternate, asserts that all have written the same, and says the ratios.
 * Returns the bars that were missed, in words. Throws when something was written that differs.
 */
export async function compare(contest: Contest, arena: Arena): Promise<string[]> {
  const { say, client, loans, pairs } = arena;
  await client.query("set work_mem = '256MB'"); // so that the raw statement need not sort on disk; our run has to do with what is usual
  await reset(client);
  const control = [await rawTime(contest, arena), await rawTime(contest, arena)] as const;
  say(`A/A control: the raw statement against itself ${(control[0] / control[1]).toFixed(2)}`);
  const expected = await effectsOf(contest, arena);
  say(`written: ${JSON.stringify(expected)}`);

  const rounds: { raw: number; ours: number; again: number }[] = [];
  let heapMegabytes = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const first = pair % 2 === 0 ? await rawTime(contest, arena) : undefined;
    await reset(client);
    const heap = watchHeap();
    const ours = await timed(() => contest.ours(arena.db));
    assertSame('our run', await effectsOf(contest, arena), expected);
    const again = await timed(() => contest.ours(arena.db));
    heapMegabytes = Math.max(heapMegabytes, heap.stop());
    if (again.result.written !== 0) throw new Error(`The second run wrote ${again.result.written} rows.`);
    assertSame('the second run', await effectsOf(contest, arena), expected);
    rounds.push({ raw: first ?? (await rawTime(contest, arena)), ours: ours.ms, again: again.ms });
    const last = rounds.at(-1) as (typeof rounds)[number];
    say(
      `pair ${pair + 1}: raw ${seconds(last.raw)}, ours ${seconds(last.ours)}, a second time ${seconds(last.again)}: ${(last.raw / last.ours).toFixed(2)} of raw`,
    );
  }

  await reset(client);
  await contest.ours(arena.db);
  const lastOfSample = await loanNumber(client, arena.sample);
  const expectedOfSample = await effectsOf(contest, arena, lastOfSample);
  const loopTime = async (through: string, loopClient: LoopClient) => {
    await reset(client);
    const { ms } = await timed(() => contest.loop(loopClient, arena.sample));
    assertSame('the loop', await effectsOf(contest, arena, lastOfSample), expectedOfSample);
    const allMs = ms * (loans / arena.sample);
    say(`loop through ${through}: ${arena.sample.toLocaleString('en')} loans in ${seconds(ms)}, so ${seconds(allMs)} for all`);
    return allMs / median(rounds.map(({ ours }) => ours));
  };
  const ofLoop = await loopTime('the deployed driver, as our run', arena.deployed);
  const ofDirectLoop = await loopTime('a direct client with prepared statements', client);

  const ofRaw = median(rounds.map(({ raw, ours }) => raw / ours));
  const secondRun = median(rounds.map(({ ours, again }) => again / ours));
  const range = rounds.map(({ raw, ours }) => raw / ours).sort((a, b) => a - b);
  const results: [boolean, string][] = [
    [
      ofRaw >= BARS.ofRaw,
      `${ofRaw.toFixed(2)} of the raw statement's speed (median; ${range[0]?.toFixed(2)} to ${range.at(-1)?.toFixed(2)}), at least ${BARS.ofRaw}`,
    ],
    [
      ofLoop >= BARS.ofLoop,
      `${ofLoop.toFixed(0)} times the speed of a loop through the same driver, at least ${BARS.ofLoop} (${ofDirectLoop.toFixed(0)} times that of a direct client, for comparison)`,
    ],
    [
      secondRun <= BARS.secondRun,
      `a second run writes nothing in ${(secondRun * 100).toFixed(0)} % of the time, at most ${BARS.secondRun * 100} %`,
    ],
    [heapMegabytes <= BARS.heapMegabytes, `${heapMegabytes.toFixed(0)} MB of heap at most, ${BARS.heapMegabytes} MB are allowed`],
  ];
  for (const [met, text] of results) say(`${met ? '✓' : '✗'} ${contest.name}: ${text}`);
  return results.flatMap(([met, text]) => (met ? [] : [text]));
}

async function rawTime(contest: Contest, { client }: Arena): Promise<number> {
  await reset(client);
  return (await timed(() => contest.raw(client))).ms;
}

/** Takes back what runs write, and lets what is left to write to disk be written before the next is timed. */
async function reset(client: pg.Client): Promise<void> {
  await client.query('truncate penalties, waivers, outbox, runs');
  await client.query('checkpoint');
}

async function effectsOf({ effects }: Contest, { client, loans }: Arena, upTo?: string): Promise<unknown> {
  const { rows } = await client.query(effects, [upTo ?? (await loanNumber(client, loans))]);
  return rows[0];
}

async function loanNumber(client: pg.Client, number: number): Promise<string> {
  const { rows } = await client.query<{ id: string }>('select id from loans order by id limit 1 offset $1', [number - 1]);
  return rows[0]?.id ?? '';
}

function assertSame(who: string, found: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(found, expected))
    throw new Error(`What ${who} wrote differs: ${JSON.stringify(found)}, and should be ${JSON.stringify(expected)}.`);
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const begun = performance.now();
  const result = await work();
  return { ms: performance.now() - begun, result };
}

/** Looks at the heap of this process, what others left in it swept out before, until it is stopped; says the most that it was, in megabytes. */
function watchHeap(): { stop(): number } {
  globalThis.gc?.();
  let most = 0;
  const look = () => {
    most = Math.max(most, process.memoryUsage().heapUsed);
  };
  const timer = setInterval(look, 20);
  return {
    stop() {
      look();
      clearInterval(timer);
      return most / 1_048_576;
    },
  };
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;

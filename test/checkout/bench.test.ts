import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Arena, openArena } from '../../bench/callbacks/arena.ts';
import { countRequests, countWalRecords } from '../../bench/callbacks/count-writes.ts';
import { assertEffects } from '../../bench/callbacks/effects.ts';
import { runBlock } from '../../bench/callbacks/run-block.ts';
import { type LocalPostgres, startPostgres } from '../../dev/postgres.ts';

const SIZE = 12;

vi.setConfig({ testTimeout: 60_000 }); // each contestant is a process that starts

let postgres: LocalPostgres;
let arena: Arena;
beforeAll(async () => {
  postgres = await startPostgres(); // WAL is counted for a whole server: this one is nobody else's
  arena = await openArena(postgres.port, 400);
}, 120_000);
afterAll(async () => {
  await arena.stop();
  await postgres.stop();
});

test.each([
  ['near', 'settle'],
  ['near', 'whole'],
  ['near', 'dc89b02'],
  ['near', 'baseline'],
  ['far', 'baseline'],
] as const)('the benchmark settles each callback exactly once, also when it is repeated: %s, %s', async (distance, name) => {
  const { perSecond, p50Ms, cpuMs } = await runBlock(await arena.contestant(distance, name), 4, SIZE);
  expect(Math.min(perSecond, p50Ms, cpuMs)).toBeGreaterThan(0);
  if (distance === 'far') expect(p50Ms).toBeGreaterThan(10 * 5); // ten statements
});

test('a callback that was not settled does not pass for one that was', async () => {
  const { client, effects, take } = await arena.contestant('near', 'settle');
  await expect(assertEffects(client, effects, take(1))).rejects.toThrow('"paid":0');
});

test('settling a callback costs one request to the database', async () => {
  expect(await countRequests(arena, await arena.contestant('near', 'settle'), SIZE)).toBe(1);
});

test('WAL records are counted to the last: the statement of dc89b02 writes what it wrote then, and ours no more', async () => {
  const { all: then } = await countWalRecords(await arena.contestant('near', 'dc89b02'), SIZE);
  expect(Math.abs(then - 33.3)).toBeLessThan(2);
  const { all, audit } = await countWalRecords(await arena.contestant('near', 'settle'), SIZE);
  expect(all).toBeLessThan(then + 1);
  expect(Math.abs(audit - 4)).toBeLessThan(0.5); // the row, its key, and the two by which the trail is read: by time and by subject
});

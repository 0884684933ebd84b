import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scaled } from '../world/counts.ts';
import { describeOutcome, differenceOf } from './describe.ts';
import { ordersOfASet, slots } from './draw.ts';
import { shrink } from './shrink.ts';
import { absentSources, SOURCES } from './sources/sources.ts';
import { type Stage, startStage } from './stage.ts';
import { endsOf, isAsExpected, type Outcome, playAll } from './tell.ts';

/** Small here; the full count is MALIPO_TEST_SCALE=700, some 100,000 sequences. Every second batch has a pull. */
const ORDERS = 3;
const SETS_A_BATCH = 24;
const BATCHES = scaled(2);
const MOST_SHRUNK = 3;
const SEED = 7;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

let lastShillings = 1_000;
/** An amount that no other sequence has, as long as donations allow it; after that one that nobody has used for weeks. */
const nextShillings = () => {
  lastShillings = lastShillings >= 90_000 ? 1_001 : lastShillings + 1;
  return lastShillings;
};

test('every source that the product can hear takes part; the others are named', () => {
  const absent = absentSources();
  if (absent.length > 0) console.warn(`ABSENT from the product, and so from the model test: ${absent.join(', ')}`);
  expect(SOURCES.map(({ name }) => name).filter((name) => !absent.includes(name))).toEqual(
    expect.arrayContaining(['callback', 'notice', 'query', 'status']),
  );
});

test('whatever is told in whatever order: the float is what is proved, told money is the rest, and each order ends alike', async () => {
  const absent = absentSources();
  const wrong: Outcome[] = [];
  const strays: string[] = [];
  const unlike: string[] = [];
  const seen = new Set<string>();
  let played = 0;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const [clock = []] = fc.sample(slots, { numRuns: 1, seed: SEED + batch });
    const sequences = fc
      .sample(ordersOfASet(ORDERS, batch % 2 === 1 && !absent.includes('pull')), { numRuns: SETS_A_BATCH, seed: SEED + batch })
      .flat();
    const result = await playAll(stage, sequences, clock, nextShillings);
    played += sequences.length;
    strays.push(...result.strays);
    const failed = result.outcomes.filter((outcome) => !isAsExpected(outcome));
    wrong.push(...failed);
    for (let first = 0; first < result.outcomes.length; first += ORDERS) {
      const orders = result.outcomes.slice(first, first + ORDERS);
      if (orders.every(isAsExpected) && new Set(orders.map(endsOf)).size > 1) unlike.push(orders.map(describeOutcome).join(' AND '));
    }
    for (const outcome of failed) {
      if (seen.has(differenceOf(outcome)) || seen.size >= MOST_SHRUNK) continue;
      seen.add(differenceOf(outcome));
      console.warn(`The smallest: ${describeOutcome(await shrink(stage, outcome, clock, nextShillings))}`);
    }
  }
  console.info(
    `${played} sequences of ${played / ORDERS} sets, ${wrong.length} of them ended otherwise than they must, ${unlike.length} sets otherwise in another order.`,
  );
  expect([...strays, ...wrong.map(describeOutcome), ...unlike]).toEqual([]);
}, 3_600_000);

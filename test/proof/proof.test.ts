import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scaled } from '../world/counts.ts';
import { describeOutcome, differenceOf } from './describe.ts';
import { type List, ordersOfASet, slots } from './draw.ts';
import { shrink } from './shrink.ts';
import { absentSources, SOURCES } from './sources/sources.ts';
import { type Stage, startStage } from './stage.ts';
import { endsOf, isAsExpected, type Outcome, playAll } from './tell.ts';

/** Small here; the full count is MALIPO_TEST_SCALE=560, some 100,000 sequences. */
const ORDERS = 3;
const SETS_A_BATCH: Record<List, number> = { nothing: 24, pull: 24, statement: 12 };
const ROUNDS = scaled(1);
const MOST_SHRUNK = 3;
const SEED = 7;

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
    expect.arrayContaining(['callback', 'notice', 'query', 'status', 'pull', 'statement', 'balance']),
  );
});

type Played = { sequences: number; wrong: Outcome[]; strays: string[]; unlike: string[] };

/** Plays one batch of sets, each in several orders, and makes the first of each kind that ends wrongly as small as it can be. */
async function playBatch(stage: Stage, list: List, seed: number, seen: Set<string>): Promise<Played> {
  const [clock = []] = fc.sample(slots, { numRuns: 1, seed });
  const sequences = fc.sample(ordersOfASet(ORDERS, list), { numRuns: SETS_A_BATCH[list], seed }).flat();
  const { outcomes, strays } = await playAll(stage, sequences, clock, nextShillings);
  const wrong = outcomes.filter((outcome) => !isAsExpected(outcome));
  const unlike: string[] = [];
  for (let first = 0; first < outcomes.length; first += ORDERS) {
    const orders = outcomes.slice(first, first + ORDERS);
    if (orders.every(isAsExpected) && new Set(orders.map(endsOf)).size > 1) unlike.push(orders.map(describeOutcome).join(' AND '));
  }
  for (const outcome of wrong) {
    if (seen.has(differenceOf(outcome)) || seen.size >= MOST_SHRUNK) continue;
    seen.add(differenceOf(outcome));
    console.warn(`The smallest: ${describeOutcome(await shrink(stage, outcome, clock, nextShillings))}`);
  }
  return { sequences: sequences.length, wrong, strays, unlike };
}

// where one statement is signed, all batches are: each statement joins the one before it
test.each([
  { told: 'by callbacks, notices, queries, status answers, and in every second batch by a pull', lists: ['nothing', 'pull'] },
  { told: 'by these and by statements, wherever they are signed', lists: ['statement'] },
] as {
  told: string;
  lists: List[];
}[])(
  'whatever is told in whatever order, $told: the float is what is proved, told money is the rest, and each order ends alike',
  async ({ lists }) => {
    const stage = await startStage({ tellsBalance: lists.includes('statement') });
    const all: Played = { sequences: 0, wrong: [], strays: [], unlike: [] };
    const seen = new Set<string>();
    try {
      for (let batch = 0; batch < ROUNDS * lists.length; batch += 1) {
        const { sequences, wrong, strays, unlike } = await playBatch(stage, lists[batch % lists.length] ?? 'nothing', SEED + batch, seen);
        all.sequences += sequences;
        for (const [kept, found] of [
          [all.strays, strays],
          [all.unlike, unlike],
        ] as const)
          kept.push(...found);
        all.wrong.push(...wrong);
      }
    } finally {
      await stage.stop();
    }
    const { sequences, wrong, strays, unlike } = all;
    console.info(
      `${sequences} sequences of ${sequences / ORDERS} sets, told ${lists.join(' and ')}: ${wrong.length} of them ended otherwise than they must, ${unlike.length} sets otherwise in another order.`,
    );
    expect([...strays, ...wrong.map(describeOutcome), ...unlike]).toEqual([]);
  },
  7_200_000,
);

import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOutcome } from './describe.ts';
import { byHand, calledBack, forged, hand, lied, noticed, paidPrompt, plain, refusedPrompt, type Word } from './named-rows.ts';
import { type Stage, startStage } from './stage.ts';
import { endsOf, isAsExpected, type Outcome, playAll, type Sequence, type Slot, type Step } from './tell.ts';
import type { Plan, Telling } from './world-of-money.ts';

/** The smallest sequences in which the model test has ever found the product to differ from the oracle. */
let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

let lastShillings = 1_249;
const nextShillings = () => {
  lastShillings += 1;
  return lastShillings;
};

const SLOTS: Slot[] = Array.from({ length: 6 }, () => ({ pauseMs: 15_000, minute: true }));
const LONG_SLOTS: Slot[] = SLOTS.map((slot) => ({ ...slot, pauseMs: 1_500_000 }));
/** Too late for an echo, and nothing is allocated by the clock before all is told. */
const BEFORE_THE_MINUTE: Slot[] = LONG_SLOTS.map((slot, n) => ({ ...slot, minute: n === LONG_SLOTS.length - 1 }));

type Told = { plan: Plan; at: (Word | { killed: Word })[][]; answersFrom?: number; listedFrom?: number; atOnce?: boolean };

/** `at`: what comes in each slot. */
const sequenceOf = ({ plan, at, answersFrom = 0, listedFrom = 0, atOnce = false }: Told): Sequence => ({
  plan,
  play: {
    ...{ answersFrom, listedFrom, atOnce },
    steps: at.flatMap((words, slot) =>
      words.map((word): Step => {
        const killed = typeof word === 'object' && 'killed' in word;
        return { slot, killed, telling: (killed ? word.killed : word) as Telling };
      }),
    ),
  },
});

/** Plays them side by side and says what is not as it must be. */
async function wrong(told: Told[], slots = SLOTS): Promise<string[]> {
  const { outcomes, strays } = await playAll(stage, told.map(sequenceOf), slots, nextShillings);
  return [...strays, ...outcomes.filter((outcome) => !isAsExpected(outcome)).map(describeOutcome)];
}

const silent = { ...paidPrompt, query: false };
const unproved = { ...plain, prompts: [silent], status: false };
const mute = { ...plain, mute: true };

test('a callback takes the place of told money that counts and is not allocated yet', async () => {
  const plan = { ...unproved, hands: [hand] };
  const told: Told[] = [
    { plan, at: [[{ killed: byHand() }], [calledBack]] },
    { plan, at: [[{ killed: byHand() }, calledBack]] },
    { plan, at: [[byHand(), calledBack]], atOnce: true },
  ];
  expect(await wrong(told, BEFORE_THE_MINUTE)).toEqual([]);
}, 60_000);

test('a lie and the callback at the same moment: the callback counts, and what it brought is sold', async () => {
  const liesFor = (wrote: 'reference' | 'nothing'): Plan => ({ ...unproved, lies: [{ ...forged, wrote, hint: 'hidden' }] });
  const borrowed: Plan = { ...unproved, lies: [{ ...forged, receipt: 'borrowed', borrows: { about: 'prompt', n: 0 }, wrote: 'word' }] };
  const told = [liesFor('reference'), liesFor('nothing'), borrowed].flatMap((plan) =>
    Array.from({ length: 12 }, (): Told => ({ plan, at: [[lied(), calledBack]], atOnce: true })),
  );
  expect(await wrong(told)).toEqual([]);
}, 60_000);

test('lines of a pull whose clock is in doubt are no more bookings than lines, also when the query tells later', async () => {
  const plan: Plan = {
    ...mute,
    pull: true,
    status: false,
    prompts: [
      { ...silent, hint: 'hidden' },
      { ...paidPrompt, hint: 'hidden' },
    ],
  };
  const told = [0, 1, 2, 3, 4, 5].flatMap((answersFrom): Told[] => [
    { plan, at: [], answersFrom },
    { plan, at: [], answersFrom },
  ]);
  expect(await wrong(told, LONG_SLOTS)).toEqual([]);
}, 60_000);

test('what the query says is paid late is sold, though its notice was in suspense or proved before', async () => {
  const plan: Plan = { ...mute, prompts: [{ ...paidPrompt, early: '1037' }] };
  const told = [false, true].flatMap((pull) =>
    [0, 1, 2, 3, 4, 5].flatMap((answersFrom): Told[] => [
      { plan: { ...plan, pull }, at: [[], [{ killed: noticed }]], answersFrom },
      { plan: { ...plan, pull }, at: [[], [noticed]], answersFrom },
    ]),
  );
  expect(await wrong(told, LONG_SLOTS)).toEqual([]);
}, 60_000);

test('of a notice with the reference and one without, the same one is the prompt in every order', async () => {
  const plan: Plan = { ...mute, hands: [{ ...hand, payer: 'other', hint: 'hidden' }] };
  const orders: Told['at'][] = [
    [[noticed], [byHand()]],
    [[byHand()], [noticed]],
    [[], [noticed, byHand()]],
    [[], [byHand(), noticed]],
  ];
  for (const status of [true, false]) {
    const told = orders.map((at) => sequenceOf({ plan: { ...plan, status }, at }));
    const { outcomes } = await playAll(stage, told, SLOTS, nextShillings);
    expect(outcomes.filter((outcome) => !isAsExpected(outcome)).map(describeOutcome)).toEqual([]);
    expect(outcomes.map(endsOf)).toEqual(Array(4).fill(endsOf(outcomes[0] as Outcome)));
  }
}, 60_000);

test('an unknown word is a reference: money by hand under it is no echo of a prompt', async () => {
  const plan: Plan = { ...plain, status: false, hands: [{ ...hand, wrote: 'word', payer: 'twin', hint: 'hidden' }] };
  expect(await wrong([{ plan, at: [[byHand()]] }])).toEqual([]);
}, 60_000);

test('the line of a pull says for what a receipt is that was told under a word, whether status or pull comes first', async () => {
  const plan: Plan = {
    ...plain,
    pull: true,
    prompts: [silent],
    lies: [{ ...forged, receipt: 'borrowed', borrows: { about: 'prompt', n: 0 }, wrote: 'word' }],
  };
  const told = [0, 3, 5].map((listedFrom): Told => ({ plan, at: [[lied()]], listedFrom }));
  expect(await wrong(told, LONG_SLOTS)).toEqual([]);
}, 60_000);

test('a receipt told for another order and spent there is that order no more once a person has taken it back', async () => {
  const lies = [{ ...forged, receipt: 'borrowed' as const, borrows: { about: 'prompt' as const, n: 0 }, payment: 1 }];
  const plan: Plan = { ...plain, prompts: [silent, refusedPrompt], lies };
  const { outcomes } = await playAll(stage, [sequenceOf({ plan, at: [[lied()], [], [], [], [calledBack]] })], LONG_SLOTS, nextShillings);
  const { ends } = outcomes[0]?.takenBack ?? {};
  expect(ends?.payments?.map(({ status }) => status)).toEqual(['paid', 'not paid']);
  const other = await stage.world.send('GET', `/api/payments/${outcomes[0]?.lane.owed[1]?.paymentId}`);
  expect(await other.json()).toMatchObject({ status: 'reversed' });
  expect(ends).toMatchObject({ float: outcomes[0]?.lane.shillings, told: 0, clearing: 0, deposits: 1 });
}, 60_000);

test('a lie that had a success by a guess is refuted by the pull whose late line takes its place', async () => {
  const lies = [{ ...forged, wrote: 'nothing' as const, hint: 'full' as const }];
  const plan: Plan = { ...plain, pull: true, status: false, prompts: [{ ...paidPrompt, hint: 'hidden' }], lies };
  const told = [0, 3, 5].map((listedFrom): Told => ({ plan, at: [[], [], [lied()]], listedFrom }));
  expect(await wrong(told, LONG_SLOTS)).toEqual([]);
}, 60_000);

test('a callback names the receipt that was sold, while its success had another one by a guess: what was bought stays bought', async () => {
  const words: Word[] = [noticed, byHand()];
  const told = [words, words.toReversed()].flatMap((at): Told[] =>
    (['masked', 'hidden'] as const).flatMap((hint): Told[] =>
      [1, 2, 3, 4].map((answersFrom): Told => {
        const plan: Plan = {
          ...plain,
          prompts: [{ ...paidPrompt, early: '1037', hint: 'hidden' }],
          hands: [{ ...hand, payer: 'own', hint }],
        };
        return { plan, at: [at, [], [], [], [], [calledBack]], answersFrom };
      }),
    ),
  );
  expect(await wrong(told, LONG_SLOTS)).toEqual([]);
}, 60_000);

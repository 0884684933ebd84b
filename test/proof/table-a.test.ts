import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ends } from './expectation.ts';
import {
  byHand,
  calledBack,
  forged,
  hand,
  inThisOrder,
  lied,
  noticed,
  ordersOf,
  paidPrompt,
  plain,
  playNamed,
  refusedPrompt,
  type Word,
} from './named-rows.ts';
import { type Stage, startStage } from './stage.ts';
import type { Outcome } from './tell.ts';
import type { Plan } from './world-of-money.ts';

/**
 * The rows of table A about one movement and one booking, each in its orders: the figures are the issue's, in movements. They are written here by hand, so that they
 * hold the oracle as well. One order of a row has 1,250 shillings, the others some shillings more, so that they can run side by side.
 */
/** `takenBack`: the ends hold once a person has taken back what was refuted. */
type Row = { takenBack?: boolean; name: string; plan: Plan; orders: Word[][]; ends: Partial<Record<keyof Ends, unknown>>; first?: number };

const mute = { ...plain, mute: true };
const paid = [{ status: 'paid', proved: true }];

const ROWS: Row[] = [
  {
    name: 'a prompt whose notice bears no reference is one deposit, before or after the callback',
    plan: mute,
    orders: ordersOf([noticed, calledBack]),
    ends: { float: 1, told: 0, deposits: 1, donations: 1, suspense: 0, payments: paid },
  },
  {
    name: 'the same with the callback lost and the query paid',
    plan: mute,
    orders: ordersOf(['query', noticed]),
    ends: { float: 1, told: 0, deposits: 1, donations: 1, suspense: 0, payments: paid },
  },
  {
    name: 'a notice with the receipt of our own payout, for a word nobody knows, is no money that came',
    plan: { ...plain, prompts: [refusedPrompt], lies: [{ ...forged, receipt: 'payout', wrote: 'word' }] },
    orders: [[calledBack, lied()]],
    ends: { float: 0, told: 0, deposits: 0, suspense: 0, payments: [{ status: 'failed', proved: false }] },
    first: 4_000,
  },
  {
    name: 'the same for a reference of ours: it pays nothing',
    plan: { ...plain, prompts: [refusedPrompt], lies: [{ ...forged, receipt: 'payout' }] },
    orders: ordersOf([calledBack, lied()]),
    ends: { float: 0, told: 0, deposits: 0, donations: 0, payments: [{ status: 'failed', proved: false }] },
    first: 4_000,
  },
  {
    name: 'a forged receipt is lent no proof by the query: one proved movement, the forged one stays told',
    plan: { ...plain, lies: [forged] },
    orders: ordersOf([lied(), 'query', noticed]),
    ends: { float: 1, told: 1, deposits: 2, donations: 1, customerCredit: 1, suspense: 0, payments: paid },
  },
  {
    name: 'the same with the callback',
    plan: { ...plain, lies: [forged] },
    orders: ordersOf([lied(), 'query', noticed, calledBack]),
    ends: { float: 1, told: 1, deposits: 2, donations: 1, customerCredit: 1, suspense: 0, payments: paid },
  },
  {
    name: 'two genuine payments of one amount and reference, by hand and by prompt, are two, and all is answered 200',
    plan: { ...plain, hands: [hand] },
    orders: [...ordersOf(['query' as const, byHand(), calledBack]), ['query', byHand(), calledBack, noticed]],
    ends: { float: 2, told: 0, deposits: 2, donations: 1, customerCredit: 1, payments: paid },
  },
  {
    name: "the receipt of one's own prompt, told under a word nobody knows, is claimed by the callback",
    plan: { ...plain, lies: [{ ...forged, receipt: 'borrowed', borrows: { about: 'prompt', n: 0 }, wrote: 'word' }] },
    orders: ordersOf([lied(), 'query', calledBack]),
    ends: { float: 1, told: 0, deposits: 1, donations: 1, suspense: 0, payments: paid },
  },
  {
    name: 'the same told for another order, which it does not pay in the end',
    takenBack: true,
    plan: {
      ...plain,
      prompts: [...plain.prompts, refusedPrompt],
      lies: [{ ...forged, receipt: 'borrowed', borrows: { about: 'prompt', n: 0 }, payment: 1 }],
    },
    orders: ordersOf([lied(), 'query', calledBack]),
    ends: {
      float: 1,
      told: 0,
      deposits: 1,
      donations: 1,
      suspense: 0,
      payments: [...paid, expect.not.objectContaining({ status: 'paid' })],
    },
  },
  {
    name: 'a query that says 1037 while the prompt can still be paid fails nothing',
    plan: { ...plain, prompts: [{ ...paidPrompt, early: '1037' }] },
    orders: [['silence', 'silence', 'silence', 'query']],
    ends: { float: 1, told: 0, deposits: 1, payments: paid },
  },
  {
    name: 'money that nothing proves stays told: a payment by hand at a paybill whose receipts nobody answers for',
    plan: { ...plain, prompts: [refusedPrompt], hands: [hand], status: false },
    orders: ordersOf([calledBack, byHand()]),
    ends: { float: 0, told: 1, deposits: 1, donations: 1, payments: [{ status: 'paid', proved: false }] },
  },
  {
    name: 'the same is float as soon as Safaricom knows its receipt',
    plan: { ...plain, prompts: [refusedPrompt], hands: [hand] },
    orders: ordersOf([calledBack, byHand()]),
    ends: { float: 1, told: 0, deposits: 1, donations: 1, payments: paid },
  },
];

let stage: Stage;
const outcomes = new Map<string, Outcome>();
const cases = ROWS.flatMap((row) => row.orders.map((words) => ({ row, words, title: `${row.name}: ${words.map(say).join(', ')}` })));

beforeAll(async () => {
  stage = await startStage();
  for (const first of new Set(ROWS.map((row) => row.first ?? 1_250))) {
    const these = cases.filter(({ row }) => (row.first ?? 1_250) === first);
    const { outcomes: read } = await playNamed(
      stage,
      these.map(({ row, words }) => inThisOrder(row.plan, words)),
      first,
    );
    for (const [n, { title }] of these.entries()) if (read[n]) outcomes.set(title, read[n]);
  }
}, 120_000);
afterAll(() => stage.stop());

function say(word: Word): string {
  return typeof word === 'string' ? word : `${word.source === 'callback' ? 'callback' : `notice of ${word.about}`}`;
}

/** Sums in movements, so that orders with some shillings more compare. */
function inMovements({ lane }: Outcome, ends: Ends) {
  const { float, told, donations, customerCredit, suspense } = ends;
  const sums = Object.entries({ float, told, donations, customerCredit, suspense }).map(([key, sum]) => [key, (sum ?? 0) / lane.shillings]);
  return { ...ends, ...Object.fromEntries(sums) };
}

describe.each(ROWS)('$name', (row) => {
  const orders = cases.filter((each) => each.row === row);
  const outcomeOf = (title: string) => {
    const outcome = outcomes.get(title);
    if (!outcome) throw new Error('It was not played.');
    return outcome;
  };

  test.each(orders)('$title', ({ title }) => {
    const outcome = outcomeOf(title);
    expect(outcome.notes).toEqual([]);
    expect(inMovements(outcome, row.takenBack ? outcome.takenBack.ends : outcome.rest.ends)).toMatchObject({ clearing: 0, ...row.ends });
  });

  test('the oracle says the same of every order', () => {
    for (const { title } of orders) {
      const outcome = outcomeOf(title);
      expect(inMovements(outcome, outcome.rest.expected), title).toMatchObject({ clearing: 0, ...row.ends });
    }
  });
});

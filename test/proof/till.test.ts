import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signedIn } from '../world/person.ts';
import {
  byHand,
  calledBack,
  hand,
  inThisOrder,
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
import type { HandPlan, Plan } from './world-of-money.ts';

/** At a till nobody writes a reference, and all notices look alike. */
let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ tillNumber: '3702865' });
});
afterAll(() => stage.stop());

const counter = (payer: HandPlan['payer'], hint: HandPlan['hint']): HandPlan => ({ ...hand, wrote: 'nothing', payer, hint });
const twice = (payer: HandPlan['payer'], hint: HandPlan['hint'], status: boolean): Plan => ({
  ...{ prompts: [{ ...paidPrompt, hint }], hands: [counter(payer, hint)], lies: [], mute: true, status, pull: false },
});

/** All cases side by side: the first has 1,250 shillings, each further one a shilling more. */
async function play(cases: [Plan, Word[]][]): Promise<Outcome[]> {
  const { outcomes, strays } = await playNamed(
    stage,
    cases.map(([plan, words]) => inThisOrder(plan, words)),
    1_250,
  );
  expect(strays).toEqual([]);
  return outcomes;
}

/** How a case ended, in movements. */
function inMovements({ rest: { ends }, lane, notes }: Outcome) {
  const { float, told, clearing, donations, suspense, deposits, payments } = ends;
  const [a, b, c, d] = [float, told, donations, suspense].map((sum = 0) => sum / lane.shillings);
  return { float: a, told: b, donations: c, suspense: d, clearing, deposits, payments, notes };
}

/** What came of giving each of a lane's deposits back, by code. */
async function refunds({ lane }: Outcome): Promise<string[]> {
  const treasurer = await signedIn(stage.world, 'treasurer');
  const rows = await stage.world.database.sql<{ id: string }>('select * from deposits where receipt = any($1) or attempt_id = any($2)', [
    [...lane.promptReceipts, ...lane.handReceipts],
    lane.owed.map(({ attemptId }) => attemptId),
  ]);
  const answers: string[] = [];
  for (const row of rows.filter((each) => !(each as { merged_into?: string }).merged_into)) {
    const body = { depositId: row.id, phoneNumber: lane.owed[0]?.phone, reason: 'Test' };
    const response = await stage.world.send('POST', '/api/refunds', { body, headers: treasurer });
    answers.push(response.status >= 400 ? 'refused' : 'given back');
  }
  return answers;
}

const PAID = [{ status: 'paid', proved: true }];
const saying = (words: Word[]) => words.map((word) => (typeof word === 'string' ? word : `notice of ${word.about}`)).join(', ');

describe('1,250 twice in one minute: by prompt, whose callback is lost and whose query says paid, and at the counter', () => {
  const orders = ordersOf<Word>(['query', noticed, byHand()]);
  const forms = [
    ['nothing proves a receipt, and the masked phones are alike', twice('twin', 'masked', false), { float: 1, told: 1 }],
    ['nothing proves a receipt, and no phone is shown', twice('other', 'hidden', false), { float: 1, told: 1 }],
    ['both receipts are proved, and the masked phones are alike', twice('twin', 'masked', true), { float: 2, told: 0 }],
    ['both receipts are proved, and the masked phones decide', twice('other', 'masked', true), { float: 2, told: 0 }],
  ] as const;
  const cases = forms.flatMap(([title, plan, sums]) => orders.map((words) => ({ title: `${title}: ${saying(words)}`, plan, words, sums })));
  let outcomes: Outcome[] = [];
  beforeAll(async () => {
    outcomes = await play(cases.map(({ plan, words }) => [plan, words]));
  }, 120_000);

  test.each(cases.map(({ title, sums }, n) => [title, sums, n] as const))('%s', (_, sums, n) => {
    const outcome = outcomes[n];
    if (!outcome) throw new Error('It was not played.');
    expect(inMovements(outcome)).toEqual({ ...sums, clearing: 0, deposits: 2, donations: 1, suspense: 1, payments: PAID, notes: [] });
  });

  test.each(
    cases.map(({ title, plan }, n) => [title, plan, n] as const).filter(([, plan]) => plan.hands[0]?.payer === 'twin' || !plan.status),
  )('only time says whose they are, so neither leaves: %s', async (_, _plan, n) => {
    const outcome = outcomes[n];
    if (!outcome) throw new Error('It was not played.');
    expect(await refunds(outcome)).toEqual(['refused', 'refused']);
  });
});

test('with the callback the prompt has its receipt and the counter its own, in every order', async () => {
  const orders = ordersOf<Word>([noticed, calledBack, byHand()]);
  const outcomes = await play(orders.map((words) => [twice('twin', 'masked', true), words]));
  for (const outcome of outcomes) {
    expect(inMovements(outcome)).toMatchObject({ float: 2, told: 0, clearing: 0, deposits: 2, donations: 1, suspense: 1, notes: [] });
    const rows = await stage.world.database.sql('select receipt from deposits where attempt_id = $1', [outcome.lane.owed[0]?.attemptId]);
    expect(rows).toEqual([{ receipt: outcome.lane.promptReceipts[0] }]);
  }
}, 60_000);

test('a counter payment with no prompt of its amount near it is booked at once and never held', async () => {
  const plan: Plan = { ...plain, mute: true, prompts: [refusedPrompt], hands: [counter('other', 'masked')], status: false };
  const [outcome] = await play([[plan, [calledBack, 'silence', 'silence', byHand()]]]);
  expect(outcome?.rest.ends).toMatchObject({ float: 0, told: 1_250, clearing: 0, deposits: 1, suspense: 1_250 });
}, 60_000);

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPayer } from '#mpesa/daraja/read-payer.ts';
import { allocate } from '#mpesa/payments/allocate.ts';
import { payerOf } from '#mpesa/payments/payer.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { openScene, sendNotice } from '../attacks/money/scene.ts';
import { fillFloat, type Stage, startStage, US } from '../proof/stage.ts';
import { type Hint, show } from '../proof/world-of-money.ts';
import { signedIn } from '../world/person.ts';

// Every pair of what a notice shows of the payer and what a proof shows of them. The twin's number ends as the payer's does. The proof is true; a notice names anybody.

const PHONES = { payer: '254722100011', twin: '254733100011', other: '254733100022' } as const;
type Who = keyof typeof PHONES;

/** Notice, proof, and how many people it takes to give money back to the payer, the twin and the other; 0: it is refused. */
const PAIRS: [notice: `${Hint} ${Who}`, proof: Hint, payer: number, twin: number, other: number][] = [
  ['full payer', 'full', 1, 0, 0],
  ['full payer', 'hashed', 2, 0, 0],
  ['full payer', 'masked', 2, 0, 0],
  ['full payer', 'hidden', 2, 0, 0],
  ['full twin', 'full', 2, 0, 0],
  ['full twin', 'hashed', 2, 0, 0],
  ['full twin', 'masked', 0, 2, 0],
  ['full twin', 'hidden', 0, 2, 0],
  ['full other', 'full', 2, 0, 0],
  ['full other', 'hashed', 2, 0, 0],
  ['full other', 'masked', 2, 2, 0],
  ['full other', 'hidden', 0, 0, 2],
  ['hashed payer', 'full', 1, 0, 0],
  ['hashed payer', 'hashed', 2, 0, 0],
  ['hashed payer', 'masked', 2, 0, 0],
  ['hashed payer', 'hidden', 2, 0, 0],
  ['hashed twin', 'full', 1, 0, 0],
  ['hashed twin', 'hashed', 2, 0, 0],
  ['hashed twin', 'masked', 0, 2, 0],
  ['hashed twin', 'hidden', 0, 2, 0],
  ['hashed other', 'full', 1, 0, 0],
  ['hashed other', 'hashed', 2, 0, 0],
  ['hashed other', 'masked', 0, 0, 0],
  ['hashed other', 'hidden', 0, 0, 2],
  ['masked payer', 'full', 1, 0, 0],
  ['masked payer', 'hashed', 2, 0, 0],
  ['masked payer', 'masked', 2, 2, 0],
  ['masked payer', 'hidden', 2, 2, 0],
  ['masked other', 'full', 2, 0, 0],
  ['masked other', 'hashed', 2, 0, 0],
  ['masked other', 'masked', 2, 2, 0],
  ['masked other', 'hidden', 0, 0, 2],
  ['hidden payer', 'full', 1, 0, 0],
  ['hidden payer', 'hashed', 2, 0, 0],
  ['hidden payer', 'masked', 2, 2, 0],
  ['hidden payer', 'hidden', 0, 0, 0],
];

let stage: Stage;
let s: Awaited<ReturnType<typeof openScene>>;
let asker: Record<string, string>;
let second: Record<string, string>;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
  s = await openScene(stage);
  [asker, second] = [await signedIn(stage.world, 'treasurer'), await signedIn(stage.world, 'treasurer')];
});
afterAll(() => stage.stop());

let shillings = 4_000;

async function told(notice: `${Hint} ${Who}`) {
  shillings += 1;
  const [hint, who] = notice.split(' ') as [Hint, Who];
  const receipt = s.receipt();
  await sendNotice(stage, receipt, shillings, PHONES[who], hint, 'SCHOOL');
  return { receipt, shillings };
}

type Told = Awaited<ReturnType<typeof told>>;

async function listed(source: 'pull' | 'statement', deposit: Told, hint: Hint) {
  const now = stage.world.clock.now();
  const payer = payerOf(readPayer(show(PHONES.payer, hint)), undefined);
  const line = { receipt: deposit.receipt, amountCents: BigInt(deposit.shillings) * 100n, typedReference: 'SCHOOL', payer };
  const settled = await settleReceipts({ db: stage.world.app.db, now }, source, [
    { ...line, shortcode: stage.shortcode, prompts: true, times: [now] },
  ]);
  for (const { depositId } of settled) if (depositId) await allocate(stage.world.app, depositId);
}

const answersStatus = ({ receipt, shillings: amount }: Told, hint: Hint) =>
  stage.statusAnswers.set(receipt, {
    ...{ debit: hint === 'hidden' ? 'JANE' : `${show(PHONES.payer, hint)} - JANE`, credit: US },
    ...{ shillings: amount, at: stage.world.clock.now() },
  });

const send = async (path: string, body: object, headers: Record<string, string>) => {
  const response = await stage.world.send('POST', path, { body, headers });
  return { status: response.status, ...((await response.json()) as { payoutId?: string; code?: string }) };
};

const ask = async ({ receipt }: Told, who: Who, rest: object = { amount: 10, method: 'b2c' }) => {
  const [deposit] = await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  return send('/api/refunds', { depositId: deposit?.id, phoneNumber: PHONES[who], reason: 'Test', ...rest }, asker);
};
const decide = (payoutId: string | undefined, by: Record<string, string>) => send(`/api/payouts/${payoutId}/decision`, {}, by);

/** How many people it takes to give ten shillings back to a phone; 0: nobody can. */
async function people(deposit: Told, who: Who, rest?: object): Promise<number> {
  const { payoutId, code } = await ask(deposit, who, rest);
  if (!payoutId) {
    expect(code).toBe('payer_unknown');
    return 0;
  }
  if ((await decide(payoutId, asker)).status === 200) return 1;
  expect((await decide(payoutId, second)).status).toBe(200);
  return 2;
}

const peopleForEach = async (deposit: Told): Promise<number[]> => [
  await people(deposit, 'payer'),
  await people(deposit, 'twin'),
  await people(deposit, 'other'),
];

describe.each(['status', 'pull', 'statement'] as const)('proved by %s', (source) => {
  const pairs = PAIRS.filter(([, proof]) => source === 'pull' || proof !== 'hashed'); // nothing else shows hashes
  const deposits: Told[] = [];

  beforeAll(async () => {
    for (const [notice, proof] of pairs) {
      const deposit = await told(notice);
      deposits.push(deposit);
      if (source === 'status') answersStatus(deposit, proof);
    }
    await s.minutes(source === 'status' ? 8 : 1);
    if (source !== 'status') for (const [i, [, proof]] of pairs.entries()) await listed(source, deposits[i] as Told, proof);
  });

  test.each(pairs.map((pair, i) => [...pair, i] as const))('%s in the notice, %s in the proof', async (_, __, payer, twin, other, i) => {
    expect(await peopleForEach(deposits[i] as Told)).toEqual([payer, twin, other]);
  });
});

/** Told by a notice that shows this, proved by what Safaricom then says, one after the other. */
async function proved(notice: `${Hint} ${Who}`, ...proofs: ['status' | 'pull' | 'statement', Hint][]) {
  const deposit = await told(notice);
  for (const [source, hint] of proofs) {
    if (source === 'status') answersStatus(deposit, hint);
    if (source === 'status') await s.minutes(8);
    else await listed(source, deposit, hint);
  }
  return deposit;
}

test.each([
  ['masked payer', ['pull', 'masked'], ['statement', 'full'], [1, 0, 0]],
  ['hashed payer', ['status', 'masked'], ['statement', 'full'], [1, 0, 0]],
  ['masked payer', ['status', 'full'], ['pull', 'masked'], [1, 0, 0]],
  ['hashed payer', ['status', 'hidden'], ['pull', 'masked'], [2, 0, 0]],
  ['hashed twin', ['status', 'hidden'], ['pull', 'masked'], [0, 2, 0]],
  ['full payer', ['status', 'hidden'], ['pull', 'masked'], [2, 0, 0]],
  ['full other', ['status', 'hidden'], ['pull', 'masked'], [2, 2, 0]],
  ['masked payer', ['status', 'masked'], ['pull', 'hashed'], [2, 0, 0]],
  ['full other', ['status', 'hidden'], ['pull', 'hashed'], [2, 0, 0]],
  ['masked payer', ['status', 'full'], ['pull', 'hashed'], [1, 0, 0]],
] as const)('%s in the notice; then %s, later %s: each adds what it knows', async (notice, first, later, expected) => {
  expect(await peopleForEach(await proved(notice, [...first], [...later]))).toEqual(expected);
});

test('where the hash is not that of the end that was proved, a person says how they know, and two look at it; what the proof contradicts stays refused', async () => {
  const deposit = await proved('hashed twin', ['pull', 'masked']);
  const identified = { amount: 10, method: 'b2c', identifiedBy: "showed M-PESA's SMS" };
  expect(await people(deposit, 'payer', identified)).toBe(2);
  expect(await people(deposit, 'other', identified)).toBe(0);
});

test('a reversal goes by the rail: one person where a proof shows the payer, and never with a number that is another one', async () => {
  const whole = { method: 'reversal' };
  const deposit = await proved('hashed payer', ['pull', 'masked']);
  expect(await people(deposit, 'twin', whole)).toBe(0);
  expect(await people(deposit, 'other', whole)).toBe(0);
  expect(await people(deposit, 'payer', whole)).toBe(1);
  expect(await people(await proved('hashed payer', ['pull', 'hidden']), 'payer', whole)).toBe(2);
});

test("a refund to a number that only ends as the payer's is not approved any more when a list names them in full", async () => {
  const deposit = await proved('masked payer', ['pull', 'masked']);
  const [twin, payer] = [await ask(deposit, 'twin'), await ask(deposit, 'payer')];
  await listed('statement', deposit, 'full');
  expect(await decide(twin.payoutId, second)).toMatchObject({ status: 409, code: 'payer_changed' });
  expect((await decide(payer.payoutId, second)).status).toBe(200);
});

test('one to the number that a notice has hashed is not approved any more when a proof shows another end', async () => {
  const deposit = await proved('hashed other', ['status', 'hidden']);
  const asked = await ask(deposit, 'other');
  await listed('pull', deposit, 'masked');
  expect(await decide(asked.payoutId, second)).toMatchObject({ status: 409, code: 'payer_changed' });
});

test('... and is not sent when a list shows another hash, which the database cannot compare', async () => {
  const deposit = await proved('hashed other', ['status', 'hidden']);
  const asked = await ask(deposit, 'other');
  await listed('pull', deposit, 'hashed');
  expect((await decide(asked.payoutId, second)).status).toBe(200);
  await s.minutes(2);
  expect(await stage.world.database.sql('select state from payouts where id = $1', [asked.payoutId])).toEqual([{ state: 'rejected' }]);
});

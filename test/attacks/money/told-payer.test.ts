import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { payerOf } from '#mpesa/payments/payer.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { fillFloat, type Stage, startStage, US } from '../../proof/stage.ts';
import { signedIn } from '../../world/person.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 50_000);
});
afterAll(() => stage.stop());

const [PAYER, LIAR, LIKE_PAYER] = ['254733444555', '254799888777', '254799888555'] as const;

async function listed(source: 'pull' | 'statement', receipt: string, shillings: number, typedReference: string, phone?: string) {
  const now = stage.world.clock.now();
  const payer = phone === undefined ? {} : payerOf({ tail: phone.slice(-3) }, undefined);
  const settled = await settleReceipts({ db: stage.world.app.db, now }, source, [
    { receipt, amountCents: BigInt(shillings) * 100n, typedReference, shortcode: stage.shortcode, prompts: true, payer, times: [now] },
  ]);
  for (const { depositId } of settled) if (depositId) await allocate(stage.world.app, depositId);
}

/** Asks for a deposit to be given back to a phone: by how many people it has to be, or why it cannot be. */
async function asksBack(receipt: string, phoneNumber: string) {
  const { world } = stage;
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  const body = { depositId: row?.id, phoneNumber, method: 'b2c', reason: 'Test' };
  const asked = await world.send('POST', '/api/refunds', { body, headers: await signedIn(world, 'treasurer') });
  const { payoutId, code } = (await asked.json()) as { payoutId?: string; code?: string };
  if (!payoutId) return code;
  const [payout] = await world.database.sql<{ second_person: boolean }>('select second_person from payouts where id = $1', [payoutId]);
  return payout?.second_person ? 'two people' : 'one person';
}

/** The open tasks about a receipt's deposit. */
const tasksOf = async (receipt: string) =>
  (
    await stage.world.database.sql<{ kind: string }>(
      'select r.kind from reviews r join deposits d on d.id::text = r.subject where d.receipt = $1 and r.closed_at is null order by r.kind',
      [receipt],
    )
  ).map(({ kind }) => kind);

test("somebody's receipt, told first with the liar's number: what is proved names another payer, and a person is told of both", async () => {
  const s = await openScene(stage);
  const real = s.receipt();
  await s.told(real, 1711, 'HELLO', LIAR, 'full');
  await s.minutes(1);
  await s.told(real, 1711, 'SCHOOL', PAYER, 'full');
  expect(await tasksOf(real)).toContain('receipt_told_twice');
  s.proves(real, 1711, PAYER);
  await s.minutes(8);
  expect(await s.grown()).toEqual({ paybill_float: 1711, suspense: 1711 });
  expect(await tasksOf(real)).toContain('receipt_payer_differs');
  expect(await asksBack(real, LIAR)).toBe('payer_unknown');
  expect(await asksBack(real, PAYER)).toBe('two people');
});

test('... with a number that ends like the true one: two people look at it', async () => {
  const s = await openScene(stage);
  const real = s.receipt();
  await s.told(real, 1712, 'SCHOOL', LIKE_PAYER, 'full');
  await s.minutes(1);
  await s.told(real, 1712, 'SCHOOL', PAYER, 'full');
  s.proves(real, 1712, PAYER);
  await s.minutes(8);
  expect(await tasksOf(real)).toContain('receipt_told_twice');
  expect(await asksBack(real, LIKE_PAYER)).toBe('two people');
});

test('... where the true notice is masked', async () => {
  const s = await openScene(stage);
  const real = s.receipt();
  await s.told(real, 1713, 'SCHOOL', LIKE_PAYER, 'full');
  await s.told(real, 1713, 'SCHOOL', PAYER, 'masked');
  s.proves(real, 1713, PAYER);
  await s.minutes(8);
  expect(await asksBack(real, LIKE_PAYER)).toBe('two people');
});

test('a proof that names no payer makes the number of a notice no surer; a line that names one outranks it, also once the money is booked', async () => {
  const s = await openScene(stage);
  const real = s.receipt();
  await s.told(real, 1714, 'SCHOOL', LIAR, 'full');
  stage.statusAnswers.set(real, { debit: 'JANE', credit: US, shillings: 1714, at: stage.world.clock.now() });
  await s.minutes(8);
  expect(await s.grown()).toEqual({ paybill_float: 1714, suspense: 1714 });
  await listed('pull', real, 1714, 'SCHOOL', PAYER);
  expect(await asksBack(real, LIAR)).toBe('payer_unknown');
});

test('... and without such a line a second person looks at it', async () => {
  const s = await openScene(stage);
  const real = s.receipt();
  await s.told(real, 1715, 'SCHOOL', LIAR, 'full');
  stage.statusAnswers.set(real, { debit: 'JANE', credit: US, shillings: 1715, at: stage.world.clock.now() });
  await s.minutes(8);
  expect(await s.grown()).toEqual({ paybill_float: 1715, suspense: 1715 });
  expect(await asksBack(real, LIAR)).toBe('two people');
});

test('a receipt that is told again for something else opens a task; told again in the same words it does not', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1716, PAYER);
  await s.minutes(25);
  const [once, twice] = [s.receipt(), s.receipt()];
  for (const word of ['SCHOOL', 'SCHOOL']) await s.told(once, 1716, word, PAYER, 'full');
  for (const word of ['SCHOOL', owed.reference]) await s.told(twice, 1716, word, PAYER, 'full');
  expect(await tasksOf(once)).not.toContain('receipt_told_twice');
  expect(await tasksOf(twice)).toContain('receipt_told_twice');
});

for (const source of ['pull', 'statement'] as const) {
  const shillings = source === 'pull' ? 1717 : 1718;

  test(`${source}: an order is bought with somebody's proved payment; the line says another word and no number: it is taken back, and nothing is for the liar`, async () => {
    const s = await openScene(stage);
    const owed = await s.owe(shillings, LIAR);
    await s.minutes(25);
    const real = s.receipt();
    await s.told(real, shillings, owed.reference, LIAR, 'full');
    stage.statusAnswers.set(real, { debit: 'JANE', credit: US, shillings, at: stage.world.clock.now() });
    await s.minutes(8);
    expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
    expect(await s.grown()).toEqual({ paybill_float: shillings, donations: shillings });
    await listed(source, real, shillings, 'SCHOOL');
    expect(await s.payment(owed)).toMatchObject({ status: 'reversed' });
    expect((await s.grown()).paybill_float).toBe(shillings);
    expect((await s.grown()).donations ?? 0).toBe(0);
    expect(await asksBack(real, LIAR)).toBe('payer_unknown');
  });
}

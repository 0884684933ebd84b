import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillFloat, type Stage, startStage, US } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { signedIn } from '../../world/person.ts';
import { openScene, sendNotice, type Told } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const notice = (...told: Told) => sendNotice(stage, ...told);
const invoices = async (paymentId: string) =>
  (await stage.world.database.sql<{ n: number }>('select count(*)::int as n from invoices where payment_id = $1', [paymentId]))[0]?.n;

test('told for one order and sold, replaced there by the money of its own prompt, then named by the callback of another order: that one is sold too', async () => {
  const s = await openScene(stage);
  const [one, two] = [await s.owe(1741, newPhones().other), await s.owe(1741, newPhones().other)];
  const [own, others] = [s.receipt(), s.receipt()];
  await s.minutes(6);
  await notice(others, 1741, one.phone, 'masked', one.reference); // the receipt of order two, told for order one
  await s.minutes(2);
  await s.calledBack(one, own, 1741); // order one's own money, late: swapped in
  await s.minutes(2);
  await s.calledBack(two, others, 1741);
  await s.minutes(5);
  const grown = await s.grown();
  expect(await s.payment(one)).toMatchObject({ status: 'paid' });
  expect(await s.payment(two)).toMatchObject({ status: 'paid' });
  expect(grown).toEqual({ paybill_float: 3482, donations: 3482 });
  expect(await invoices(two.paymentId)).toBe(1);
}, 60_000);

test('a reversal of a tie by reference whose notice shows another number’s hash, where a second phone was prompted, is refused as for the first phone', async () => {
  const s = await openScene(stage);
  const phones = newPhones();
  const owed = await s.owe(1742, phones.customers[0]);
  await s.minutes(5);
  // prompted again on another phone
  const again = await stage.world.send('POST', '/api/payments/stk-push', {
    body: { paymentId: owed.paymentId, phoneNumber: phones.customers[1] },
    ip: '10.88.0.1',
  });
  expect(again.status).toBe(201);
  const prompt = stage.safaricom.prompts.findLast(({ reference }) => reference === owed.reference);
  stage.safaricom.queryAnswer = (id) => (id === prompt?.checkoutRequestId ? '0' : '4999');
  await s.minutes(2);
  const hand = s.receipt();
  await notice(hand, 1742, newPhones().other, 'hashed', owed.reference);
  stage.statusAnswers.set(hand, { debit: 'JANE', credit: US, shillings: 1742, at: stage.world.clock.now() });
  await s.minutes(15);
  const [row] = await stage.world.database.sql<{ id: string; tied_by: string }>('select id, tied_by from deposits where receipt = $1', [
    hand,
  ]);
  const ask = async (body: object) => {
    const response = await stage.world.send('POST', '/api/refunds', {
      body: { depositId: row?.id, reason: 'Test', ...body },
      headers: await signedIn(stage.world, 'treasurer'),
    });
    return [response.status, ((await response.json()) as { code?: string }).code];
  };
  const answers = [await ask({ method: 'b2c', phoneNumber: phones.customers[1] }), await ask({ method: 'reversal' })];
  expect(answers).toEqual([
    [422, 'payer_unknown'],
    [422, 'payer_unknown'],
  ]);
}, 60_000);

test('a made-up or borrowed receipt that nobody has proved, tied by the reference to a success: no reversal goes out on it', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1743, newPhones().other);
  s.queried(owed);
  await s.minutes(2);
  const borrowed = s.receipt(); // somebody else's payment of the same amount, whose notice was lost
  await notice(borrowed, 1743, owed.phone, 'masked', owed.reference);
  await s.minutes(1);
  const body = { paymentId: owed.paymentId, method: 'reversal', reason: 'Test' };
  const asked = await stage.world.send('POST', '/api/refunds', { body, headers: await signedIn(stage.world, 'treasurer') });
  const answer = (await asked.json()) as { payoutId?: string; code?: string };
  const decided = answer.payoutId
    ? (
        await stage.world.send('POST', `/api/payouts/${answer.payoutId}/decision`, {
          body: {},
          headers: await signedIn(stage.world, 'treasurer'),
        })
      ).status
    : undefined;
  expect(decided).toBeUndefined();
}, 60_000);

import { afterAll, beforeAll, expect, test } from 'vitest';
import { latestAttempt, newPhone, push, statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { confirm, newReceipt, noticeBody, register } from './paybill.ts';

let world: World;
let treasurer: { authorization: string };
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  treasurer = await signedIn(world, 'treasurer');
});
afterAll(() => world.stop());

const send = async (path: string, body: unknown) => {
  const response = await world.send('POST', path, { body, headers: treasurer });
  return { status: response.status, ...((await response.json()) as Record<string, unknown>) };
};
const takeBack = (id: string) => send(`/api/deposits/${id}/take-back`, { reason: 'Not on the statement' });

/** A notice that tells of `shillings` for whatever has `reference`; nothing of it has come. */
async function tell(reference: unknown, shillings: number): Promise<string> {
  const receipt = newReceipt();
  await confirm(world, noticeBody({ TransID: receipt, TransAmount: String(shillings), BillRefNumber: reference }));
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  return row?.id ?? '';
}
const refute = (id: string) => world.database.sql('select refute_deposit_2($1, $2)', [id, world.clock.now().toISOString()]);

/** A payment that a forged notice has paid. */
async function forged(language: 'en' | 'sw' = 'en') {
  const { paymentId, body } = await push(world, { language });
  await world.database.sql("update attempts set live = false, state = 'failed' where id = $1", [
    (await latestAttempt(world, paymentId)).id,
  ]);
  return { paymentId, depositId: await tell(body.reference, 1250) };
}

test.each([
  [
    'en',
    'M-PESA does not have this payment: it no longer counts as paid.',
    'It can no longer be paid. To pay, start a new order or payment.',
  ],
  ['sw', 'M-PESA haina malipo haya: hayahesabiwi tena kuwa yamelipwa.', 'Hayawezi kulipwa tena. Ukitaka kulipa, anza oda au malipo mapya.'],
] as const)('a payment that was taken back is not called paid, and a new one is asked for (%s)', async (language, words, anew) => {
  const { paymentId, depositId } = await forged(language);
  await refute(depositId);
  expect(await takeBack(depositId)).toMatchObject({ status: 200 });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'reversed', customerMessage: words, refundedAmount: null });
  const again = () => send('/api/payments/stk-push', { paymentId, phoneNumber: newPhone() });
  expect(await again()).toMatchObject({ status: 409, code: 'payment_returned', paymentId, customerMessage: `${words} ${anew}` });
  await world.database.sql("update payments set state = 'refunded', failure_code = null where id = $1", [paymentId]);
  expect(await again()).toMatchObject({
    status: 409,
    code: 'payment_returned',
    detail: expect.stringContaining('a part of it was refunded'),
  });
});

test('refuted money says that it is refuted, and what to do, wherever somebody wants to use it', async () => {
  const { paymentId, depositId } = await forged();
  const surplus = await tell((await statusOf(world, paymentId)).reference, 1250); // as if it had been paid twice
  expect(await takeBack(surplus)).toMatchObject({
    ...{ status: 409, code: 'deposit_not_refuted' },
    detail: expect.stringMatching(/not refuted yet.*Import the M-PESA statement of its time .* another person sign it off/),
  });
  for (const id of [depositId, surplus]) await refute(id);
  const refuted = { status: 409, code: 'deposit_refuted', detail: expect.stringContaining(`/api/deposits/${depositId}/take-back`) };
  expect(await send('/api/refunds', { depositId, reason: 'Give it back' })).toMatchObject(refuted);
  expect(await send('/api/refunds', { paymentId, reason: 'Give it back' })).toMatchObject(refuted);
  expect(await send(`/api/deposits/${depositId}/match`, { paymentId })).toMatchObject(refuted);
  const list = await world.send('GET', '/api/deposits?state=unconfirmed', { headers: treasurer });
  const { deposits } = (await list.json()) as { deposits: { depositId: string }[] };
  expect(deposits.find((deposit) => deposit.depositId === depositId)).toMatchObject({
    proved: false,
    refuted: true,
    reversedElsewhere: false,
    waiting: 0,
  });
});

test('what was taken back says so: to who takes it back again, gives it back or matches it', async () => {
  const { paymentId, depositId } = await forged();
  await refute(depositId);
  expect(await takeBack(depositId)).toMatchObject({ status: 200 });
  expect(await takeBack(depositId)).toMatchObject({
    status: 409,
    detail: 'This deposit was taken back before.',
  });
  const gone = { status: 409, code: 'deposit_refuted', detail: expect.stringContaining('has been taken back') };
  expect(await send('/api/refunds', { paymentId, reason: 'Give it back' })).toMatchObject(gone);
  expect(await send(`/api/deposits/${depositId}/match`, { paymentId })).toMatchObject(gone);
});

test('proved money is refunded, not taken back; what is not there is not found', async () => {
  const { depositId } = await forged();
  await world.database.sql('update deposits set confirmed_at = now() where id = $1', [depositId]);
  expect(await takeBack(depositId)).toMatchObject({ status: 409, detail: expect.stringContaining('POST /api/refunds') });
  expect(await takeBack('01a00000-0000-7000-8000-000000000000')).toMatchObject({ status: 404, code: 'deposit_not_found' });
  await world.database.sql('update deposits set confirmed_at = null where id = $1', [depositId]);
});

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
const refute = (id: string) => world.database.sql('select refute_deposit_1($1, $2)', [id, world.clock.now().toISOString()]);

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
  ['sw', 'M-PESA haina malipo haya: hayahesabiwi tena kuwa yamelipwa.', 'Hayawezi kulipwa tena. Kulipa, anza oda au malipo mapya.'],
] as const)('a payment that was taken back is not called paid, and a new one is asked for (%s)', async (language, words, anew) => {
  const { paymentId, depositId } = await forged(language);
  await refute(depositId);
  expect(await takeBack(depositId)).toMatchObject({ status: 200 });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'reversed', customerMessage: words, refundedAmount: null });
  const again = () => send('/api/payments/stk-push', { paymentId, phoneNumber: newPhone() });
  expect(await again()).toMatchObject({ status: 409, code: 'payment_returned', paymentId, customerMessage: `${words} ${anew}` });
  await world.database.sql("update payments set status = 'refunded', failure_code = null where id = $1", [paymentId]);
  expect(await again()).toMatchObject({
    status: 409,
    code: 'payment_returned',
    detail: expect.stringContaining('a part of it was refunded'),
  });
});

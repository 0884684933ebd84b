import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { match } from '../../paybill/paybill.ts';
import { newPhone, push } from '../../world/checkout.ts';
import { type MadeLoan, makeLoan, makeMember, makeProduct } from '../../world/lending.ts';
import { signedIn } from '../../world/person.ts';
import { startWorld, type World } from '../../world/world.ts';
import { expectLendingToAgree, pay, repaymentsOf, send, standing } from '../repaying.ts';

type Headers = { authorization: string };

let world: World;
let treasurer: Headers;
let second: Headers;
beforeAll(async () => {
  world = await startWorld();
  [treasurer, second] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
});
afterAll(async () => {
  await expectLendingToAgree(world);
  await world.stop();
});

const post = (path: string, body: unknown, headers = treasurer) => send(world, path, body, headers);
const reverse = (id: unknown) => post(`/api/repayments/${id}/reverse`, { reason: 'Paid twice' });
const refund = (body: Record<string, unknown>) => post('/api/refunds', { reason: 'Paid twice', phoneNumber: newPhone(), ...body });

/** A notice that somebody forged: its receipt is on no statement. The deposit it made. */
async function forge(account: string, amount: number): Promise<string> {
  const receipt = await pay(world, account, amount);
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  return deposit?.id ?? '';
}

/** Pays a loan truly, by a prompt. The deposit. */
async function payByPrompt({ reference }: MadeLoan, amount: number, phoneNumber: string): Promise<string> {
  const { paymentId, prompt } = await push(world, {
    items: undefined,
    type: 'loan_repayment',
    subject: reference,
    amount,
    phoneNumber,
  });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.clock.advance(10_000);
  await world.settled();
  const [deposit] = await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]);
  return deposit?.id ?? '';
}

describe('money that nothing but a notice has told of', () => {
  test('lends nothing', async () => {
    const member = await makeMember(world);
    const { code } = await makeProduct(world);
    await forge(member.savingsReference, 100_000);
    const { body } = await post('/api/loans', { productCode: code, amount: 5_000 }, member.headers);
    await post(`/api/loans/${body.loanId}/decision`, { decision: 'approve' });
    expect((await post(`/api/loans/${body.loanId}/disburse`, {})).body).toMatchObject({ code: 'insufficient_float' });
  });

  test('cannot be refunded after it paid a loan and was taken out of it, nor after it paid another', async () => {
    const [loan, other] = [await makeLoan(world), await makeLoan(world)];
    const depositId = await forge(loan.reference, 5_000);
    expect((await refund({ depositId })).body.code).toBe('receipt_unconfirmed');
    await reverse((await repaymentsOf(world, loan))[0]?.id);
    expect((await refund({ depositId })).body.code).toBe('receipt_unconfirmed');
    expect((await match(world, depositId, { standingReference: other.reference })).status).toBe(200);
    await reverse((await repaymentsOf(world, other))[0]?.id);
    expect((await refund({ depositId })).body.code).toBe('receipt_unconfirmed');
    expect(await standing(world, loan)).toMatchObject({ state: 'active', principal: 5000 });
  });

  test('keeps what was truly paid for the same loan from being refunded, until it is taken out of the loan', async () => {
    const loan = await makeLoan(world, { product: await makeProduct(world, { excess: 'full' }) });
    await forge(loan.reference, 5_000);
    expect(await standing(world, loan)).toMatchObject({ state: 'closed' });
    const phoneNumber = newPhone();
    const depositId = await payByPrompt(loan, 5_000, phoneNumber);
    expect(await standing(world, loan)).toMatchObject({ saved: 5000 });
    const [forged, paid] = await repaymentsOf(world, loan);
    await reverse(paid?.id);
    expect((await refund({ depositId, phoneNumber })).body.code).toBe('receipt_unconfirmed');
    await reverse(forged?.id);
    expect(await standing(world, loan)).toMatchObject({ state: 'active', principal: 5000, saved: 0 });
    const asked = await refund({ depositId, phoneNumber });
    expect(asked.status).toBe(201);
    await post(`/api/payouts/${asked.body.payoutId}/decision`, { decision: 'decline' }, second);
  });

  test('gives its place to a second, true payment of the same thing, and is not returned before it is proved', async () => {
    const phoneNumber = newPhone();
    const { paymentId, body, prompt } = await push(world, { phoneNumber });
    await forge(String(body.reference), 1_250);
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.clock.advance(10_000);
    await world.settled();
    const [surplus] = await world.database.sql<{ id: string }>(
      'select d.id from deposits d join payments p on p.id = d.payment_id where p.id = $1 and p.counted_deposit_id <> d.id',
      [paymentId],
    );
    expect((await refund({ depositId: surplus?.id })).body.code).toBe('receipt_unconfirmed');
    await world.database.sql('select prove_money_2(id, $2) from deposits where payment_id = $1', [
      paymentId,
      world.clock.now().toISOString(),
    ]);
    await world.database.sql('update deposits set receipt_proved_at = settled_at where payment_id = $1', [paymentId]);
    expect(await refund({ depositId: surplus?.id, phoneNumber: undefined })).toMatchObject({ status: 201, body: { method: 'reversal' } });
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Marketplace, movedBy, openMarketplace } from '../bookings/marketplace.ts';
import { smsTo } from '../notices/telling.ts';
import { newReceipt, payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { type MadeMember, makeMember } from '../world/lending.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { importedAndSigned } from './importing.ts';
import { paid, portalFile, reversed } from './portal-file.ts';

// A part that was given back in the portal of money that was saved, or that pays a booking's fee.

let world: World;
let place: Marketplace;
beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 50_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

const DAY = 24 * 3_600_000;
const post = async (path: string, body: Record<string, unknown>) => place.send(path, body, await signedIn(world, 'treasurer'));
const takeBack = (depositId: string) => post(`/api/deposits/${depositId}/take-back`, { reason: 'One guest less' });
const resolve = async (bookingId: string, body: Record<string, unknown>) => place.resolve(bookingId, body, await signedIn(world, 'admin'));
const decidePayout = (payoutId: unknown, decision: string) => post(`/api/payouts/${payoutId}/decision`, { decision });
const shown = async (bookingId: string) => place.show(bookingId, await signedIn(world, 'admin'));
const payoutOf = async (bookingId: string) => (await shown(bookingId)).payout as Record<string, unknown>;
const tasks = (kind: string, subject: string) =>
  world.database.sql('select 1 from reviews where kind = $1 and subject = $2 and closed_at is null', [kind, subject]);

let closing = 0;
type Paid = { id: string; receipt: string };
/** A payment that came by the paybill, on the signed statement of its day. */
async function paidAt(account: string, shillings: number, phone = newPhone()): Promise<Paid> {
  const paying = await payBill(world, { account, amountShillings: shillings, phone });
  await world.pass(6);
  const receipt = 'receipt' in paying ? paying.receipt : '';
  const [row] = await world.database.sql<{ id: string; at: Date }>('select id, moved_at as at from deposits where receipt = $1', [receipt]);
  const line = paid(receipt, new Date(row?.at ?? 0), shillings, account, `2547****${phone.slice(-3)} - JANE **** DOE`);
  await importedAndSigned(world, portalFile('174379', world.clock.now(), world.clock.now(), closing, [line]));
  closing += shillings;
  await world.clock.advance(DAY);
  return { id: row?.id ?? '', receipt };
}
/** Today's signed statement, with these parts of a payment given back in the portal. */
async function givenBack({ receipt }: Paid, ...parts: number[]): Promise<void> {
  const lines = parts.map((shillings) => reversed(newReceipt(world.clock.now()), world.clock.now(), shillings, receipt));
  await importedAndSigned(world, portalFile('174379', world.clock.now(), world.clock.now(), closing, lines));
  closing -= parts.reduce((sum, shillings) => sum + shillings, 0);
  await world.clock.advance(DAY);
}
/** A booking of 1,160 whose fee is held, and the deposit that paid it. */
async function held(body: Record<string, unknown> = {}): Promise<{ bookingId: string; fee: Paid; phone: string }> {
  const phone = newPhone();
  const booked = await place.book({ phoneNumber: phone, providerPhoneNumber: newPhone(), expiresInHours: 720, ...body });
  const fee = await paidAt(String(booked.body.reference), 1_160, phone);
  const bookingId = String(booked.body.bookingId);
  expect(await place.show(bookingId)).toMatchObject({ state: 'matching', paymentStatus: 'paid' });
  return { bookingId, fee, phone };
}
async function declined(decision: Record<string, unknown>) {
  const booking = await held();
  expect((await resolve(booking.bookingId, decision)).status).toBe(200);
  expect((await decidePayout((await payoutOf(booking.bookingId)).payoutId, 'decline')).status).toBe(200);
  return booking;
}

describe('of savings', () => {
  const saved = async (member: MadeMember) =>
    (await world.database.sql<{ cents: string }>('select -held_1($1) as cents', [`savings:${member.accountId}`]))[0]?.cents;
  const spend = (member: MadeMember, cents: number) =>
    world.database.sql(
      "insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at) values (gen_random_uuid(), 'unmatch', gen_random_uuid(), 1, $1, 'suspense', $2, now())",
      [`savings:${member.accountId}`, cents],
    );
  const told = async (member: MadeMember) => {
    await world.pass(1);
    return smsTo(world, member).filter((words) => words.includes('removed from your savings') || words.includes('zimeondolewa'));
  };

  test('it is taken out of them, once, and the member is told in their language and reads it on their statement; a further part too', async () => {
    const member = await makeMember(world, { language: 'sw' });
    const money = await paidAt(member.savingsReference, 500);
    const changes = await movedBy(world, async () => {
      await givenBack(money, 200);
      expect(await tasks('statement_reversed', money.receipt)).toHaveLength(1);
      const answers = await Promise.all([takeBack(money.id), takeBack(money.id), takeBack(money.id)]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    });
    expect(changes).toEqual({ paybill_float: -20_000n, savings: -20_000n });
    expect(await tasks('statement_reversed', money.receipt)).toEqual([]);
    expect(await tasks('taken_back_short', money.id)).toEqual([]);
    const sms = await told(member);
    expect(sms).toEqual([expect.stringContaining('zilirudishwa kupitia M-PESA. Akiba yako sasa: KES 300')]);
    expect(sms[0]).toContain('KES 200');
    const statement = await world.send('GET', `/api/accounts/${member.accountId}/statement`, {
      headers: await signedIn(world, 'treasurer'),
    });
    const { movements } = (await statement.json()) as { movements: object[] };
    expect(movements.at(-1)).toMatchObject({
      out: 200,
      balance: 300,
      mpesaReceiptNumber: money.receipt,
      proved: true,
      description: 'Pesa zilizorudishwa kupitia M-PESA',
    });
    await givenBack(money, 300);
    expect(await takeBack(money.id)).toMatchObject({ status: 200, body: { amount: 300 } });
    expect(await saved(member)).toBe('0');
    expect((await told(member)).at(-1)).toContain('KES 300');
    expect(await takeBack(money.id)).toMatchObject({ status: 409, body: { code: 'deposit_not_refuted' } });
  });

  test('what they have no more is owed to us, with a task; they never go below zero', async () => {
    const member = await makeMember(world);
    const money = await paidAt(member.savingsReference, 500);
    await spend(member, 45_000);
    const changes = await movedBy(world, async () => {
      await givenBack(money, 200);
      expect((await takeBack(money.id)).status).toBe(200);
    });
    expect(changes).toEqual({ paybill_float: -20_000n, savings: -5_000n, receivables: 15_000n });
    expect(await tasks('taken_back_short', money.id)).toHaveLength(1);
    expect((await told(member)).at(-1)).toContain('KES 50 ');
    await paidAt(member.savingsReference, 100);
    const further = await movedBy(world, async () => {
      await givenBack(money, 250);
      expect((await takeBack(money.id)).status).toBe(200);
    });
    expect(further).toEqual({ paybill_float: -25_000n, savings: -10_000n, receivables: 15_000n });
    expect(await saved(member)).toBe('0');
  });

  test('nor where they are used at the same moment', async () => {
    const member = await makeMember(world);
    const money = await paidAt(member.savingsReference, 500);
    await givenBack(money, 200);
    const using = world.database.sql(
      `with locked as materialized (select id from accounts where id = $1 for no key update), used as (
         insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
         select gen_random_uuid(), 'unmatch', gen_random_uuid(), 1, id, 'suspense', 45000, now() from locked returning id)
       select pg_sleep(2) from used`,
      [`savings:${member.accountId}`],
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await takeBack(money.id)).status).toBe(200);
    await using;
    expect([await saved(member), await tasks('taken_back_short', money.id)]).toEqual(['0', [expect.anything()]]);
  });
});

describe('of a fee that is held', () => {
  test('it is held less: what is left is decided about and paid on', async () => {
    const { bookingId, fee } = await held();
    const changes = await movedBy(world, async () => {
      await givenBack(fee, 160);
      expect((await takeBack(fee.id)).status).toBe(200);
      expect(await place.show(bookingId)).toMatchObject({ state: 'matching', amount: 1_160, givenBack: 160, paymentStatus: 'paid' });
      expect(await resolve(bookingId, { action: 'refund', amount: 1_100 })).toMatchObject({
        status: 422,
        body: { code: 'refund_too_large', most: 1_000 },
      });
      expect((await resolve(bookingId, { action: 'release', to: 'provider' })).status).toBe(200);
      const payout = await payoutOf(bookingId);
      expect(payout).toMatchObject({ amount: 1_000 });
      expect((await decidePayout(payout.payoutId, 'approve')).status).toBe(200);
      await world.pass(3);
    });
    expect(changes).toEqual({ booking_escrow: -116_000n, paybill_float: -116_000n });
    expect(await tasks('taken_back_short', fee.id)).toEqual([]);
  });

  test('a person decides, whatever was to happen by itself', async () => {
    const { bookingId, fee } = await held({ autoResolve: { action: 'release', to: 'provider', keep: 160, afterHours: 90 } });
    await givenBack(fee, 160);
    expect((await takeBack(fee.id)).status).toBe(200);
    await world.clock.advance(4 * DAY);
    await world.pass(2);
    expect((await shown(bookingId)).state).toBe('matching');
    expect(await tasks('booking_undecided', bookingId)).toHaveLength(1);
    expect((await resolve(bookingId, { action: 'release', to: 'income' })).status).toBe(200);
    expect(await shown(bookingId)).toMatchObject({ income: 1_000 });
    expect(await tasks('booking_undecided', bookingId)).toEqual([]);
  });

  test('while it is disputed; what is left goes back to its payer', async () => {
    const { bookingId, fee, phone } = await held();
    await resolve(bookingId, { action: 'dispute' });
    await givenBack(fee, 160);
    expect((await takeBack(fee.id)).status).toBe(200);
    await resolve(bookingId, { action: 'reopen' });
    const back = await resolve(bookingId, { action: 'refund', phoneNumber: phone });
    expect(back.status).toBe(200);
    expect(await payoutOf(bookingId)).toMatchObject({ amount: 1_000, to: 'payer' });
  });

  test('in parts that come to all of it, the booking ends', async () => {
    const { bookingId, fee } = await held();
    const changes = await movedBy(world, async () => {
      await givenBack(fee, 1_000);
      expect((await takeBack(fee.id)).status).toBe(200);
      await givenBack(fee, 160);
      expect((await takeBack(fee.id)).status).toBe(200);
    });
    expect(changes).toEqual({ booking_escrow: -116_000n, paybill_float: -116_000n });
    expect(await place.show(bookingId)).toMatchObject({ state: 'expired', paymentStatus: 'reversed' });
    expect((await resolve(bookingId, { action: 'release', to: 'income' })).status).toBe(409);
  });

  test('while somebody decides about it: no more is decided about than is left', async () => {
    const { bookingId, fee } = await held();
    await givenBack(fee, 160);
    const changes = await movedBy(world, async () => {
      const [taken] = await Promise.all([takeBack(fee.id), resolve(bookingId, { action: 'release', to: 'income' })]);
      expect(taken?.status).toBe(200);
      await resolve(bookingId, { action: 'release', to: 'income' });
    });
    const { income } = (await shown(bookingId)) as { income: number };
    expect(changes.booking_escrow).toBe(-116_000n);
    expect((changes.receivables ?? 0n) + (income === 1_160 ? 0n : 16_000n)).toBe(0n);
  });
});

describe('of a fee that is decided', () => {
  test.each([
    ['to its provider', { action: 'release', to: 'provider' }],
    ['back to its payer', { action: 'refund' }],
  ])('%s and has not left: less of it is owed', async (_, decision) => {
    const { bookingId, fee, phone } = await declined(decision);
    const changes = await movedBy(world, async () => {
      await givenBack(fee, 160);
      expect((await takeBack(fee.id)).status).toBe(200);
      expect((await resolve(bookingId, { action: 'retry-payout', phoneNumber: phone })).status).toBe(200);
      const { payoutId, amount } = await payoutOf(bookingId);
      expect(amount).toBe(1_000);
      expect((await decidePayout(payoutId, 'approve')).status).toBe(200);
      await world.pass(3);
    });
    expect(changes).toEqual({ booking_payable: -116_000n, paybill_float: -116_000n });
    expect(await tasks('taken_back_short', fee.id)).toEqual([]);
  });

  test('and was paid on, or became income: it is owed to us, with a task', async () => {
    const [sent, income] = [await held(), await held()];
    await resolve(sent.bookingId, { action: 'release', to: 'provider' });
    await decidePayout((await payoutOf(sent.bookingId)).payoutId, 'approve');
    await world.pass(3);
    await resolve(income.bookingId, { action: 'release', to: 'income' });
    for (const { fee } of [sent, income]) {
      const changes = await movedBy(world, async () => {
        await givenBack(fee, 160);
        expect((await takeBack(fee.id)).status).toBe(200);
      });
      expect(changes).toEqual({ paybill_float: -16_000n, receivables: 16_000n });
      expect(await tasks('taken_back_short', fee.id)).toHaveLength(1);
    }
    expect(await takeBack(sent.fee.id)).toMatchObject({ status: 409, body: { code: 'deposit_not_refuted' } });
  });

  test('while its payout waits, the payout is declined first', async () => {
    const { bookingId, fee } = await held();
    await resolve(bookingId, { action: 'release', to: 'provider' });
    await givenBack(fee, 160);
    expect(await takeBack(fee.id)).toMatchObject({ status: 409, body: { code: 'payout_under_way' } });
  });
});

import { statSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encrypt } from '#ground/db/encryption.ts';
import { pay, prove } from '../loans/repaying.ts';
import { fill, post } from '../payouts/bulk.ts';
import { newPhone } from '../world/checkout.ts';
import { type MadeLoan, makeLoan, makeMember } from '../world/lending.ts';
import { signIn } from '../world/people.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Customer, exported, payingCustomer } from './person.ts';

let world: World;
let wanjiru: Customer;
let otieno: Customer;
let loan: MadeLoan;
const payer = newPhone();

beforeAll(async () => {
  world = await startWorld();
  wanjiru = await payingCustomer(world, 'Wanjiru Kamau', 'wanjiru@example.com');
  otieno = await payingCustomer(world, 'Otieno Odhiambo', 'otieno@example.com');
  await signIn(world, wanjiru.phone);
  const member = await makeMember(world, { name: 'Nekesa Barasa', email: 'nekesa@example.com' });
  await world.database.sql('update members set next_of_kin = $2 where id = $1', [
    member.id,
    encrypt('{"name":"Juma Barasa","phone":"254711222333","relationship":"brother"}', 'next_of_kin'),
  ]);
  loan = await makeLoan(world, { member });
  await pay(world, loan.reference, 500, { MSISDN: member.phone, FirstName: 'NEKESA' });
  await pay(world, loan.reference, 300, { MSISDN: payer, FirstName: 'HELPER' });
  await prove(world);
  await world.pass(2);
});
afterAll(() => world.stop());

test('of a customer everything is in it, and nothing of another', async () => {
  const { code, text, json, file } = await exported(world, '--phone', wanjiru.phone);
  expect(code).toBe(0);
  for (const theirs of [wanjiru.phone, wanjiru.name, wanjiru.email, wanjiru.paymentId, `for ${wanjiru.name}`])
    expect(text).toContain(theirs);
  for (const others of [otieno.phone, otieno.name, otieno.email, otieno.paymentId, 'Nekesa', loan.reference])
    expect(text).not.toContain(others);
  expect(Object.keys(json.held)).toEqual(
    expect.arrayContaining([
      'payments',
      'prompts',
      'moneyReceived',
      'invoices',
      'whatSafaricomReported',
      'messages',
      'sessions',
      'signInCodes',
      'auditTrail',
    ]),
  );
  expect(json.held.invoices?.[0]?.number).toMatch(/^(INV|RCT)-\d{4}-\d{6}$/);
  expect(json.held.payments?.[0]).toMatchObject({ phone: wanjiru.phone, name: wanjiru.name, amountCents: expect.any(Number) });
  expect(JSON.stringify(json.held.whatSafaricomReported)).toContain(wanjiru.phone);
  expect(text).not.toContain('v1.k1.');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('of a member also the loan, its schedule and repayments; who helped to repay it, and the next of kin, are left out', async () => {
  const { code, text, json } = await exported(world, '--member', String(loan.member.number));
  expect(code).toBe(0);
  expect(json.about).toBe(`member:${loan.member.id}`);
  expect(json.held.loans).toMatchObject([{ reference: loan.reference }]);
  expect(json.held.loanSchedules).toHaveLength(10);
  expect(json.held.repayments).toHaveLength(2);
  expect(json.held.membership).toMatchObject([{ nationalId: loan.member.phone, nextOfKin: { relationship: 'brother' } }]);
  for (const theirs of ['Nekesa Barasa', 'nekesa@example.com', loan.member.phone]) expect(text).toContain(theirs);
  for (const others of ['Juma', '254711222333', payer, 'HELPER', wanjiru.phone]) expect(text).not.toContain(others);
  expect(json.masked.join(' ')).toContain('next of kin');
});

test('whoever helped finds their own payment, and nothing of the member', async () => {
  const { code, text } = await exported(world, '--phone', payer);
  expect(code).toBe(0);
  expect(text).toContain('HELPER');
  for (const others of ['Nekesa', loan.member.phone, 'nekesa@example.com']) expect(text).not.toContain(others);
});

test('an address that two people gave names each by an id; it was found by either', async () => {
  const twin = await payingCustomer(world, 'Wanjiru Njeri', wanjiru.email);
  const asked = await exported(world, '--email', wanjiru.email);
  expect(asked.code).toBe(1);
  expect(asked.says).toContain(`--payment ${wanjiru.paymentId}`);
  expect(asked.says).toContain(`--payment ${twin.paymentId}`);
  expect(asked.says).not.toContain(wanjiru.phone);
  expect((await exported(world, '--payment', twin.paymentId)).text).toContain('Wanjiru Njeri');
  expect((await exported(world, '--email', 'NEKESA@example.com')).json.about).toBe(`member:${loan.member.id}`);
});

test('the M-PESA code of a payment by prompt, and that of a payout, say who is meant', async () => {
  const [paid] = await world.database.sql<{ receipt: string }>('select receipt from deposits where payment_id = $1', [wanjiru.paymentId]);
  const byCode = await exported(world, '--payment', paid?.receipt ?? '');
  expect([byCode.code, byCode.json.about]).toEqual([0, (await exported(world, '--phone', wanjiru.phone)).json.about]);
  await fill(world, 1);
  const asked = { phoneNumber: loan.member.phone, amount: 100, reason: 'Supplier' };
  const { body } = await post(world, '/api/payouts', asked, await signedIn(world, 'treasurer'));
  await post(world, `/api/payouts/${body.payoutId}/decision`, {}, await signedIn(world, 'admin'));
  await world.pass(2);
  const [sent] = await world.database.sql<{ receipt: string }>('select receipt from withdrawals where payout_id = $1', [body.payoutId]);
  expect((await exported(world, '--payment', sent?.receipt ?? '')).json.about).toBe(`member:${loan.member.id}`);
});

test('what is unclear is refused with what to change, and nothing is written', async () => {
  for (const [whom, says] of [
    [[], /in one way/],
    [['--phone', wanjiru.phone, '--member', '1'], /in one way/],
    [['--phone', '12'], /no Kenyan mobile number/],
    [['--email', 'nobody'], /not an e-mail/],
    [['--phone', newPhone()], /Nothing is held/],
    [['--member', '999999'], /no such member/],
    [['--payment', 'PAY-none'], /no such payment/],
  ] as const) {
    const ran = await exported(world, ...whom);
    expect(ran.code).not.toBe(0);
    expect(ran.says).toMatch(says);
    expect(() => statSync(ran.file)).toThrow();
  }
});

test('it is on the audit trail: by whom, for whom by an id, and never the phone', async () => {
  const rows = await world.database.sql<{ subject: string; row: string }>(
    "select subject, to_jsonb(a)::text as row from audit a where action = 'person_exported'",
  );
  expect(rows.map(({ subject }) => subject)).toContain(wanjiru.paymentId);
  expect(rows.every(({ row }) => row.includes('Achieng') && !row.includes(wanjiru.phone))).toBe(true);
});

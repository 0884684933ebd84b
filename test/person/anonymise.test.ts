import { afterAll, beforeAll, expect, test } from 'vitest';
import { findOtherKeys } from '#desk/health/find-other-keys.ts';
import { anonymisePerson } from '#desk/person/anonymise-person.ts';
import { parseConfig } from '#ground/config/config.ts';
import { encrypt } from '#ground/db/encryption.ts';
import type { Db } from '#ground/db/types.ts';
import { stopTokenOf } from '#shop/notices/stop-messages.ts';
import { pay, prove } from '../loans/repaying.ts';
import { newPhone, push } from '../world/checkout.ts';
import { makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { signIn } from '../world/people.ts';
import { putRow } from '../world/put-row.ts';
import { startWorld, type World } from '../world/world.ts';
import { anonymised, type Customer, DAY_MS, everything, exported, ledgerOf, payingCustomer } from './person.ts';

let world: World;
const sql = (text: string, params: unknown[] = []) => world.database.sql<Record<string, unknown>>(text, params);
const quiet = () => world.clock.advance(4 * DAY_MS);
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const receiptOf = async ({ paymentId }: Customer) =>
  (await sql('select receipt from deposits where payment_id = $1', [paymentId]))[0]?.receipt as string;
const wanted = () => ({ by: 'Achieng', reason: 'They asked for it', years: 7, now: world.clock.now() });

test('a customer: a try changes nothing, then only what the law asks for is left, and the next payment is by a new person', async () => {
  const wanjiru = await payingCustomer(world, 'Wanjiru Kamau', 'wanjiru@example.com');
  const otieno = await payingCustomer(world, 'Otieno Odhiambo', 'otieno@example.com');
  const early = await anonymised(world, '--phone', wanjiru.phone, '--yes');
  expect(early).toMatchObject({ code: 1, text: expect.stringMatching(/3 days after the last prompt/) });
  await quiet();
  const { headers } = await signIn(world, wanjiru.phone);
  const links = (['sms', 'email'] as const).map((channel) =>
    stopTokenOf(world.app.config, wanjiru.paymentId, { channel, address: channel === 'sms' ? wanjiru.phone : wanjiru.email }),
  );
  const stopped = async () => {
    const answers = await Promise.all(links.map((token) => world.send('POST', '/api/messages/stop', { body: { token } })));
    return answers.map(({ status }) => status);
  };
  expect(await stopped()).toEqual([200, 200]);
  const [before, ledger] = [await everything(world), await ledgerOf(world)];
  const tried = await anonymised(world, '--phone', wanjiru.phone);
  expect(tried).toMatchObject({ code: 0, text: expect.stringMatching(/nothing was changed[\s\S]*payments: [\s\S]*Stays:[\s\S]*7 years/) });
  expect(await everything(world)).toEqual(before);

  const done = await anonymised(world, '--phone', wanjiru.phone, '--yes');
  expect(done).toMatchObject({ code: 0, text: expect.stringContaining(`--payment ${wanjiru.paymentId}`) });
  expect(done.text).not.toContain(wanjiru.phone);
  expect(await ledgerOf(world)).toBe(ledger);
  expect((await exported(world, '--phone', wanjiru.phone)).code).toBe(1);
  const left = await exported(world, '--payment', wanjiru.paymentId);
  const { payments = [], moneyReceived = [], invoices = [], ...rest } = left.json.held;
  expect(payments).toMatchObject([{ amountCents: expect.any(Number), phone: expect.stringMatching(/^anonymised-/) }]);
  expect(moneyReceived[0]?.receipt).toBeDefined();
  expect(invoices[0]?.number).toBeDefined();
  expect(Object.keys(rest).sort()).toEqual(
    ['anonymisations', 'auditTrail', 'eventsToldToTheShop', 'messages', 'prompts', 'whatSafaricomReported']
      .filter((title) => title in rest)
      .sort(),
  );
  for (const gone of [wanjiru.name, wanjiru.email, wanjiru.phone])
    expect(JSON.stringify({ ...left.json.held, whatSafaricomReported: [] })).not.toContain(gone);

  expect((await world.send('GET', '/api/me', { headers })).status).toBe(401);
  expect(await stopped()).toEqual([404, 404]); // the links in their messages name nobody any more
  expect((await exported(world, '--phone', otieno.phone)).text).toContain(otieno.name);
  expect(await findOtherKeys(world.app.db)).toMatchObject({ other: undefined });

  const again = await push(world, { phoneNumber: wanjiru.phone, name: 'Wanjiru K.' });
  expect(again.response.status).toBe(201);
  const anew = await exported(world, '--phone', wanjiru.phone);
  expect(anew.json.about).toBe(`payment:${again.paymentId}`);
  expect(anew.text).not.toContain(wanjiru.paymentId);
});

test('nothing more is sent to them, not even what waits', async () => {
  const customer = await payingCustomer(world, 'Akinyi Atieno', 'akinyi@example.com');
  await quiet();
  await sql(
    "insert into outbox (id, dedupe_key, message, due_at) select gen_random_uuid(), 'late', jsonb_build_object('kind', 'invoice_email', 'invoiceId', id), now() + interval '9 years' from invoices where payment_id = $1",
    [customer.paymentId],
  );
  expect((await anonymised(world, '--phone', customer.phone, '--yes')).code).toBe(0);
  expect(await sql("select sent_at is not null as withheld from outbox where dedupe_key = 'late'")).toEqual([{ withheld: true }]);
  const sent = () => world.inbox.messages().length + world.smsInbox.messages().length;
  const before = sent();
  await sql("select tell_customer_1('refund_paid', a.id, 'late', true, $2) from attempts a where a.payment_id = $1", [
    customer.paymentId,
    world.clock.now(),
  ]);
  await world.pass(2);
  expect(sent()).toBe(before);
});

test('a member: what is open refuses, with what to do first; then the membership is gone but who they were, until 7 years are over', async () => {
  const member = await makeMember(world, { name: 'Nekesa Barasa', email: 'nekesa@example.com' });
  await sql('update members set national_id = $2 where id = $1', [member.id, encrypt('28765432', 'national_id')]);
  const loan = await makeLoan(world, { member, product: await makeProduct(world, { excess: 'full' }) });
  const refused = await anonymised(world, '--member', member.id, '--yes');
  expect(refused).toMatchObject({ code: 1, text: expect.stringMatching(new RegExp(`Loans are open: ${loan.reference}. First close`)) });
  await pay(world, loan.reference, 5_000, { MSISDN: member.phone, FirstName: 'NEKESA' });
  expect((await anonymised(world, '--member', member.id, '--yes')).text).toMatch(/not proved or not booked/);
  await prove(world);
  await world.pass(2);
  expect(await sql('select state from loans where id = $1', [loan.id])).toEqual([{ state: 'closed' }]);
  await pay(world, member.savingsReference, 100, { MSISDN: member.phone, FirstName: 'NEKESA' });
  await prove(world);
  await world.pass(2);
  expect((await anonymised(world, '--member', member.id, '--yes')).text).toMatch(/money in their savings: SV-/);
  await sql(
    "insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at) values (gen_random_uuid(), 'taken_back', 'test', 1, $1, 'suspense', 10000, now())",
    [`savings:${member.accountId}`],
  );
  await quiet();
  const ledger = await ledgerOf(world);
  const done = await anonymised(world, '--member', member.id, '--yes');
  expect(done).toMatchObject({ code: 0, text: expect.stringMatching(/national id[\s\S]*until 2033-\d\d-\d\d/) });
  expect(await ledgerOf(world)).toBe(ledger);
  const left = await exported(world, '--member', member.id);
  expect(left.json.held.person).toMatchObject([
    { name: 'Nekesa Barasa', phone: expect.stringMatching(/^anonymised-/), disabledAt: expect.any(String) },
  ]);
  expect(left.json.held.membership).toMatchObject([{ nationalId: '28765432' }]);
  expect(left.text).not.toContain('nekesa@example.com');
  expect((await world.send('GET', '/api/me', { headers: member.headers })).status).toBe(401);
  expect(await sql('select 1 from members where national_id_hash = $1', [member.phone])).toEqual([]);

  const twice = await anonymised(world, '--member', member.id, '--yes');
  expect(twice).toMatchObject({ code: 0, text: expect.stringContaining('once more') });
  expect((await exported(world, '--member', member.id)).json.held.membership).toEqual(left.json.held.membership);
  await world.clock.advance(8 * 365 * DAY_MS);
  expect(await anonymised(world, '--member', member.id, '--yes')).toMatchObject({ code: 0, text: expect.stringContaining('name') });
  const after = await exported(world, '--member', member.id);
  expect(after.json.held.membership).toMatchObject([{ nationalId: '(removed)', bornOn: '(removed)' }]);
  for (const gone of ['Nekesa', 'NEKESA', member.phone]) expect(after.text).not.toContain(gone);
  expect(await ledgerOf(world)).toBe(ledger);
});

test.each<[string, (customer: Customer) => Promise<unknown>, RegExp]>([
  [
    'an open task',
    ({ paymentId }) => sql("insert into reviews (id, kind, subject, opened_at) values (gen_random_uuid(), 'test', $1, now())", [paymentId]),
    /Open tasks are about them: test/,
  ],
  [
    'a payout that waits',
    ({ paymentId }) =>
      sql(
        "insert into payouts (id, reference, kind, source_account, phone_hash, amount_cents, parts_cents, state, caller, requested_by, requested_at) select gen_random_uuid(), 'PO-OPEN', 'manual', 'expenses', phone_hash, 100, '{100}', 'requested', 'test', 'test', now() from payments where id = $1",
        [paymentId],
      ),
    /on its way to them, or waits to be decided: PO-OPEN/,
  ],
  [
    'a booking that is held',
    ({ paymentId }) => sql("insert into bookings (id, state, expires_at) values ($1, 'held', now())", [paymentId]),
    /A booking is not decided/,
  ],
  [
    'money that pays for nothing',
    ({ paymentId }) =>
      sql(
        "insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at) select gen_random_uuid(), 'surplus', id, 9, 'clearing', 'customer_credit', 500, now() from deposits where payment_id = $1",
        [paymentId],
      ),
    /pays for nothing/,
  ],
  [
    'books that have to follow',
    ({ paymentId }) =>
      sql(
        "insert into outbox (id, dedupe_key, message, due_at) select gen_random_uuid(), 'follow', jsonb_build_object('kind', 'repayments_moved', 'depositId', id), now() + interval '9 years' from deposits where payment_id = $1",
        [paymentId],
      ),
    /have to follow/,
  ],
  [
    'a letter that was given up',
    ({ paymentId }) =>
      sql(
        "insert into outbox (id, dedupe_key, message, due_at, dead_at) select gen_random_uuid(), 'dead', jsonb_build_object('kind', 'invoice_email', 'invoiceId', id), now(), now() from invoices where payment_id = $1",
        [paymentId],
      ),
    /given up/,
  ],
  [
    'a question without answer',
    ({ paymentId }) =>
      sql(
        "insert into inquiries (id, kind, state, asked_by, asked_at, shortcode, receipt) select gen_random_uuid(), 'transaction-status', 'asked', 'test', now(), '174379', receipt from deposits where payment_id = $1",
        [paymentId],
      ),
    /has not answered/,
  ],
  [
    'a receipt that waits for a second person',
    async (customer) => putRow(world.database, 'recorded_receipts', { receipt: await receiptOf(customer), state: 'asked' }),
    /waits for a second person: receipt /,
  ],
  [
    'an entry of the float that waits for a second person',
    ({ paymentId }) =>
      putRow(world.database, 'float_entries', { kind: 'paid_out', state: 'asked', occurred_on: '2026-11-21', payment_id: paymentId }),
    /waits for a second person: entry /,
  ],
  [
    'a line of a bulk payout that waits',
    async ({ paymentId }) => {
      const bulkId = await putRow(world.database, 'bulk_payouts', { reference: 'BP-OPEN', state: 'requested' });
      await sql(
        "insert into bulk_lines (id, bulk_id, line, phone, phone_hash, amount_cents) select gen_random_uuid(), $2, 4, 'any', phone_hash, 100 from payments where id = $1",
        [paymentId, bulkId],
      );
    },
    /on its way to them, or waits to be decided: BP-OPEN, line 4/,
  ],
  [
    'a statement that nobody has signed',
    async (customer) => {
      const statementId = await putRow(world.database, 'statements', { state: 'matched', file_name: 'march.csv' });
      await putRow(world.database, 'statement_lines', { statement_id: statementId, receipt: await receiptOf(customer) });
    },
    /A statement with their money is not done: march\.csv/,
  ],
  [
    'an invoice without a number',
    ({ paymentId }) => sql('update invoices set sequence = null where payment_id = $1', [paymentId]),
    /An invoice has no number yet/,
  ],
])('%s refuses, and nothing is changed', async (_, open, says) => {
  const customer = await payingCustomer(world, 'Chebet Koech', 'chebet@example.com');
  await quiet();
  await open(customer);
  const before = await everything(world);
  expect(await anonymised(world, '--phone', customer.phone, '--yes')).toMatchObject({ code: 1, text: expect.stringMatching(says) });
  expect(await everything(world)).toEqual(before);
});

test('a waiver that waits refuses, and nothing is changed; once it is decided they are anonymised', async () => {
  const member = await makeMember(world, { name: 'Wafula Simiyu' });
  const loanId = await putRow(world.database, 'loans', { member_id: member.id, state: 'closed', principal_cents: 10_000, fee_cents: 0 });
  const waiverId = await putRow(world.database, 'waivers', { loan_id: loanId, state: 'requested' });
  const before = await everything(world);
  const says = expect.stringContaining(`waits for a second person: waiver ${waiverId}`);
  expect(await anonymised(world, '--member', member.id, '--yes')).toMatchObject({ code: 1, text: says });
  expect(await everything(world)).toEqual(before);
  await sql("update waivers set state = 'declined' where id = $1", [waiverId]);
  expect(await anonymised(world, '--member', member.id, '--yes')).toMatchObject({ code: 0 });
});

test('staff who may sign in are shut out first', async () => {
  const { headers } = await signIn(world);
  expect(headers).toBeDefined();
  const treasurer = await makeMember(world, { role: 'treasurer' });
  expect((await anonymised(world, '--person', treasurer.personId, '--yes')).text).toMatch(/They are staff[\s\S]*shut them out/);
});

test('cut off in the middle nothing was begun; run again it ends; two at once wait for each other', async () => {
  const customer = await payingCustomer(world, 'Moraa Kerubo', 'moraa@example.com');
  await quiet();
  const before = await everything(world);
  let statements = 0;
  const dying: Db = {
    ...world.app.db,
    transaction: (work) =>
      world.app.db.transaction((tx) =>
        work(
          new Proxy(tx, {
            get(at, name) {
              const value = Reflect.get(at, name);
              if (name !== 'execute') return typeof value === 'function' ? value.bind(at) : value;
              return (statement: Parameters<typeof at.execute>[0]) => {
                statements += 1;
                if (statements === 60) throw new Error('The machine went away.');
                return at.execute(statement);
              };
            },
          }),
        ),
      ),
  };
  await expect(anonymisePerson(dying, { phone: customer.phone }, wanted(), { forGood: true })).rejects.toThrow('went away');
  expect(await everything(world)).toEqual(before);
  const both = await Promise.allSettled(
    [1, 2].map(() => anonymisePerson(world.app.db, { payment: customer.paymentId }, wanted(), { forGood: true })),
  );
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  expect(await sql('select count(*)::int as n from anonymisations where subject = $1', [`payment:${customer.paymentId}`])).toEqual([
    { n: 1 },
  ]);
  expect((await sql('select distinct phone_hash from payments where id = $1', [customer.paymentId])).length).toBe(1);
});

test('who was anonymised is listed by an id; options that are unclear are refused', async () => {
  const listed = await anonymised(world, '--list');
  expect(listed).toMatchObject({ code: 0, text: expect.stringMatching(/--payment [0-9a-f-]{36}/) });
  expect(listed.text).toMatch(/--member [0-9a-f-]{36}/);
  expect((await anonymised(world, '--yes')).code).toBe(2);
  expect(await anonymised(world, '--phone', newPhone(), '--yes')).toMatchObject({
    code: 1,
    text: expect.stringContaining('Nothing is held'),
  });
  expect(() => parseConfig({ RETAIN_RECORDS_YEARS: '5' })).toThrow(/RETAIN_RECORDS_YEARS may not be less than 7: company law/);
});

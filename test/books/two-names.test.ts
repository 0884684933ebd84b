import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';

/* What was renamed is written twice for one release: by its old name, as runs of the last release write it, and by its new one. */

let database: FreshDatabase;
let n = 0;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

type Payment = { state: string; status: string; rare_state: string | null; rare_status: string | null };
type Payout = { subject_id: string | null; subject: string | null };

async function insert(table: 'payments' | 'payouts', columns: Record<string, unknown>): Promise<string> {
  n += 1;
  const id = newId();
  const row: Record<string, unknown> = {
    payments: { purpose: 'order', lines: '[]', language: 'en', phone: 'x', phone_hash: 'h', owed_cents: 100, created_at: new Date() },
    payouts: { kind: 'refund', source_account: 'refunds', parts_cents: [100], state: 'paid', requested_by: 'p', requested_at: new Date() },
  }[table];
  const whole = { id, reference: `R${n}`, caller: 'public', amount_cents: 100, ...row, ...columns };
  const places = Object.keys(whole).map((_, i) => `$${i + 1}`);
  await database.sql(`insert into ${table} (${Object.keys(whole).join(', ')}) values (${places.join(', ')})`, Object.values(whole));
  return id;
}

async function payment(id: string): Promise<Payment> {
  const [row] = await database.sql<Payment>('select state, status, rare_state, rare_status from payments where id = $1', [id]);
  if (!row) throw new Error('No such payment.');
  return row;
}

const both = (state: string, rare: string | null = null): Payment => ({ state, status: state, rare_state: rare, rare_status: rare });

test.each([
  ['last release', { status: 'pending' }, 'pending'],
  ['this release', { state: 'unknown' }, 'unknown'],
  ['both, of which the new name counts', { state: 'paid', status: 'pending' }, 'paid'],
] as const)('a payment that is written as by %s has both names', async (_, columns, state) => {
  expect(await payment(await insert('payments', columns))).toEqual(both(state));
});

test.each(['status', 'state'])('a change of %s alone reaches the other, and the copies of rare states', async (name) => {
  const id = await insert('payments', { [name]: 'pending' });
  for (const [to, rare] of [
    ['paid', null],
    ['reversed', 'reversed'],
    ['refunded', 'refunded'],
    ['failed', null],
    ['expired', 'expired'],
    ['paid', null],
  ] as const) {
    await database.sql(`update payments set ${name} = $2 where id = $1`, [id, to]);
    expect(await payment(id)).toEqual(both(to, rare));
  }
  await database.sql('update payments set failure_code = $2 where id = $1', [id, '1']);
  expect(await payment(id)).toEqual(both('paid'));
});

test('changes by either name take turns', async () => {
  const id = await insert('payments', { status: 'pending' });
  for (const [name, to] of [
    ['state', 'unknown'],
    ['status', 'paid'],
    ['state', 'reversed'],
    ['status', 'paid'],
  ] as const) {
    await database.sql(`update payments set ${name} = $2 where id = $1`, [id, to]);
    expect((await payment(id)).state).toBe(to);
    expect((await payment(id)).status).toBe(to);
  }
});

test.each(['status', 'state'])('a word that nobody knows is refused as a %s', async (name) => {
  await expect(insert('payments', { [name]: 'lost' })).rejects.toMatchObject({ code: '23514' });
  await expect(insert('payments', {})).rejects.toMatchObject({ code: '23502' });
});

test('an ordinary end of a payment touches no index: none is on its state by either name', async () => {
  const indexes = await database.sql<{ name: string }>(
    "select indexname as name from pg_indexes where tablename = 'payments' and indexdef ~ '\\m(rare_)?(state|status)\\M' order by 1",
  );
  expect(indexes.map(({ name }) => name)).toEqual(['payments_rare', 'payments_rare_state']);
});

test('the released functions write payments that the new ones read, and the other way round', async () => {
  const limits = { minCents: 100, maxCents: 25_000_000 };
  const wanted = { purpose: 'order', caller: 'public', lines: [], language: 'en', phone: 'x', owed_cents: 100, created_at: new Date() };
  for (const [version, other] of [
    [1, 2],
    [2, 1],
  ]) {
    const given = JSON.stringify({ ...wanted, id: newId(), phone_hash: `h${version}` });
    const [written] = await database.sql<{ id: string }>(
      `select id from write_payment_${version}(jsonb_populate_record(null::payments, $1), array['W${version}'], null, $2)`,
      [given, JSON.stringify(limits)],
    );
    const id = String(written?.id);
    expect(await payment(id)).toEqual(both('pending'));
    const knows = async () => (await database.sql<{ paid: boolean }>(`select has_paid_${other}('h${version}') as paid`))[0]?.paid;
    expect(await knows()).toBe(false);
    await database.sql(`update payments set ${version === 1 ? 'status' : 'state'} = 'paid' where id = $1`, [id]);
    expect(await knows()).toBe(true);
    const unpay = `select unpay_${version}(d, now()) from jsonb_populate_record(null::deposits, $1) d`;
    const deposit = { id: newId(), payment_id: id };
    await database.sql('update payments set counted_deposit_id = $2 where id = $1', [id, deposit.id]);
    await database.sql(unpay, [JSON.stringify(deposit)]);
    expect(await payment(id)).toEqual(both('expired', 'expired'));
  }
});

const payout = async (id: string) => (await database.sql<Payout>('select subject_id, subject from payouts where id = $1', [id]))[0];

test.each(['subject', 'subject_id'])(
  'the %s of a payout reaches the other name, whether it is inserted, changed or emptied',
  async (name) => {
    const [deposit, other] = [newId(), newId()];
    const id = await insert('payouts', { [name]: deposit });
    expect(await payout(id)).toEqual({ subject_id: deposit, subject: deposit });
    for (const to of [other, null, deposit]) {
      await database.sql(`update payouts set ${name} = $2 where id = $1`, [id, to]);
      expect(await payout(id)).toEqual({ subject_id: to, subject: to });
    }
    await database.sql("update payouts set state = 'rejected' where id = $1", [id]);
    expect(await payout(id)).toEqual({ subject_id: deposit, subject: deposit });
    const none = await insert('payouts', {});
    expect(await payout(none)).toEqual({ subject_id: null, subject: null });
  },
);

test('where both names are written, the new one counts; what is no uuid is refused', async () => {
  const [deposit, other] = [newId(), newId()];
  expect(await payout(await insert('payouts', { subject: other, subject_id: deposit }))).toEqual({ subject_id: deposit, subject: deposit });
  expect(await payout(await insert('payouts', { subject: deposit.toUpperCase() }))).toEqual({ subject_id: deposit, subject: deposit });
  await expect(insert('payouts', { subject: 'DK-1' })).rejects.toMatchObject({ code: '22P02' });
});

test('the released functions find the payouts that this release writes, and the other way round', async () => {
  for (const [name, version] of [
    ['subject_id', 1],
    ['subject', 2],
  ] as const) {
    const [deposit, portal] = [newId(), `P${version}`];
    const id = await insert('payouts', { [name]: deposit, portal_receipt: portal });
    await database.sql(
      "insert into withdrawals (id, payout_id, part, amount_cents, state) values (gen_random_uuid(), $1, 1, 100, 'paid')",
      [id],
    );
    const [back] = await database.sql<{ cents: string }>(`select parts_given_back_${version}($1)::text as cents`, [deposit]);
    expect(back?.cents).toBe('100');
  }
});

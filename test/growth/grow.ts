import type { GrowingDatabase } from './growing-database.ts';

/** One row that is copied for each `n` that `every` divides, with these columns changed: expressions over `n` and `at`, which goes back ten minutes with each. */
type Copied = { table: string; of: string; every?: number; changes: Record<string, string> };

/** An id of our kind: its time first. `what` keeps tables and kinds apart. */
const idOf = (what: number) =>
  `(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7000' || '8${what.toString(16).padStart(3, '0')}' || lpad(to_hex(n), 12, '0'))::uuid`;

const [PAYMENT, ATTEMPT, DEPOSIT, INVOICE, OUTBOX, PAYOUT, WITHDRAWAL, INQUIRY, BALANCE, LOAN, OTHER, EVENT, BULK] = Array.from(
  { length: 13 },
  (_, n) => n + 1,
);
const kind = (what: number | undefined, of: number) => idOf((what ?? 0) + 16 * of);

const payment = (of: number): Record<string, string> => ({
  ...{
    id: kind(PAYMENT, of),
    reference: `'H${of}-' || n`,
    external_reference: `'E${of}-' || n`,
    caller: `case when n in (1000, 2000) then 'key:rare' else caller end`,
    latest_attempt_id: kind(ATTEMPT, of),
    created_at: 'at',
    settled_at: `case when ${of} = 0 then at end`,
  },
  ...{
    counted_deposit_id: `case when ${of} = 0 then ${kind(DEPOSIT, 0)} end`,
    phone_hash: `md5((n % 50000)::text)`,
    email_hash: `md5(n::text)`,
  },
  amount_cents: `(50 + n % 5000) * 100`,
  owed_cents: `(50 + n % 5000) * 100`,
});
const attempt = (of: number): Record<string, string> => ({
  ...{
    id: kind(ATTEMPT, of),
    payment_id: kind(PAYMENT, of),
    phone_hash: `md5((n % 50000)::text)`,
    checkout_hash: `'c${of}' || n`,
    created_at: 'at',
  },
  ...{
    live_until: `at + interval '75 seconds'`,
    payable_until: `at + interval '180 seconds'`,
    receipt: `case when ${of} = 0 then 'R' || n end`,
  },
  amount_cents: `(50 + n % 5000) * 100`,
});

const lately = ({ now }: Record<string, string>) => `'${now}'::timestamptz - interval '1 hour'`;

/** What is copied: the ends of payments, prompts, payouts and loans, as the real functions left them behind. `ids` are those of the originals. */
const copies = (ids: Record<string, string>): Copied[] => [
  { table: 'payments', of: `id = '${ids.paid}'`, changes: payment(0) },
  { table: 'attempts', of: `payment_id = '${ids.paid}'`, changes: attempt(0) },
  {
    table: 'deposits',
    of: `payment_id = '${ids.paid}'`,
    changes: {
      ...{
        id: kind(DEPOSIT, 0),
        attempt_id: kind(ATTEMPT, 0),
        payment_id: kind(PAYMENT, 0),
        receipt: `'R' || n`,
        amount_cents: `(50 + n % 5000) * 100`,
      },
      ...{ moved_at: 'at', settled_at: 'at', confirmed_at: 'at', receipt_proved_at: 'at', allocated_at: 'at' },
    },
  },
  {
    table: 'evidence',
    of: `subject_id = '${ids.attempt}'`,
    changes: { id: kind(OTHER, 0), subject_id: kind(ATTEMPT, 0), body_hash: `'b' || n`, received_at: 'at' },
  },
  ...[1, 2].map((leg) => ({
    table: 'transfers',
    of:
      leg === 1
        ? `source_id = '${ids.deposit}' and kind = 'mpesa_in'`
        : `kind = 'sale' and leg = 1 and source_id in ('${ids.deposit}', '${ids.paid}')`,
    changes: {
      id: kind(OTHER, leg),
      source_id: `${kind(DEPOSIT, 0)}::text`,
      booked_at: 'at',
      amount_cents: `(50 + n % 5000) * 100`,
      tx: `'3'`,
    },
  })),
  {
    table: 'invoices',
    of: `payment_id = '${ids.paid}'`,
    changes: { id: kind(INVOICE, 0), payment_id: kind(PAYMENT, 0), sequence: 'n + 1000', year: '2020', created_at: 'at', issued_at: 'at' },
  },
  {
    table: 'audit',
    of: `subject = '${ids.paid}'`,
    changes: { id: kind(OTHER, 5), subject: `${kind(PAYMENT, 0)}::text`, happened_at: 'at' },
  },
  {
    table: 'outbox',
    of: `sent_at is not null`,
    changes: {
      id: kind(OUTBOX, 0),
      dedupe_key: `'h' || n`,
      due_at: 'at',
      sent_at: `greatest(at, '${ids.now}'::timestamptz - interval '80 days')`,
    },
  },
  // what is kept for some days only: as many of them as there are payments, none of them due to be forgotten
  {
    table: 'idempotency_keys',
    of: `payment_id = '${ids.paid}'`,
    changes: { key: `'k' || n`, owner_id: kind(ATTEMPT, 0), payment_id: kind(PAYMENT, 0), created_at: lately(ids) },
  },
  {
    table: 'counters',
    of: `key like 'prompts:%'`,
    changes: { key: `'codes:' || md5(n::text) || ':' || ('${ids.now}'::timestamptz)::date` },
  },
  { table: 'recent_times', of: 'true', changes: { key: `'address:' || md5(n::text)`, times: `array[${lately(ids)}]` } },
  {
    table: 'codes_sent',
    of: 'signed_in_at is not null',
    changes: { phone_hash: 'md5(n::text)', network_hash: `md5('n' || n)`, id: kind(OTHER, 8), signed_in_at: lately(ids) },
  },
  { table: 'payments', of: `id = '${ids.failed}'`, every: 10, changes: payment(1) },
  { table: 'attempts', of: `payment_id = '${ids.failed}'`, every: 10, changes: attempt(1) },
  { table: 'payments', of: `id = '${ids.expired}'`, every: 20, changes: payment(2) },
  {
    table: 'attempts',
    of: `payment_id = '${ids.expired}'`,
    every: 20,
    changes: { ...attempt(2), query_due_at: 'null', queried_at: `at + interval '24 hours'` },
  },
  {
    table: 'payouts',
    of: `id = '${ids.payout}'`,
    every: 50,
    changes: {
      id: kind(PAYOUT, 0),
      reference: `'HPO' || n`,
      requested_at: 'at',
      decided_at: 'at',
      phone_hash: 'md5(n::text)',
      external_reference: 'null',
    },
  },
  {
    table: 'withdrawals',
    of: `payout_id = '${ids.payout}'`,
    every: 50,
    changes: {
      id: kind(WITHDRAWAL, 0),
      payout_id: kind(PAYOUT, 0),
      receipt: `'W' || n`,
      conversation_id: `'AG' || n`,
      dispatched_at: 'at',
      settled_at: 'at',
    },
  },
  {
    table: 'audit',
    of: `subject = '${ids.payout}'`,
    every: 50,
    changes: { id: kind(OTHER, 6), subject: `${kind(PAYOUT, 0)}::text`, happened_at: 'at' },
  },
  {
    table: 'reviews',
    of: `closed_at is not null`,
    every: 20,
    changes: { id: kind(OTHER, 7), subject: 'md5(n::text)', opened_at: 'at', closed_at: 'at' },
  },
  // one bulk payout for each line: what is long ended
  {
    table: 'bulk_payouts',
    of: `state = 'started'`,
    every: 50,
    changes: { id: kind(BULK, 0), reference: `'HBP' || n`, hash: 'md5(n::text)', requested_at: 'at', decided_at: 'at' },
  },
  {
    table: 'bulk_lines',
    of: 'payout_id is not null',
    every: 50,
    changes: { id: kind(BULK, 1), bulk_id: kind(BULK, 0), payout_id: kind(PAYOUT, 0), phone_hash: 'md5(n::text)' },
  },
  {
    table: 'recorded_receipts',
    of: `state = 'booked'`,
    every: 50,
    changes: { id: kind(OTHER, 9), receipt: `'R' || n`, deposit_id: kind(DEPOSIT, 0), moved_at: 'at', recorded_at: 'at', decided_at: 'at' },
  },
  {
    table: 'webhook_events',
    of: 'shared_at is not null',
    changes: { id: kind(EVENT, 0), subject_id: kind(PAYMENT, 0), happened_at: 'at', shared_at: lately(ids) },
  },
  {
    table: 'webhook_deliveries',
    of: `state = 'delivered'`,
    changes: { id: kind(EVENT, 1), event_id: kind(EVENT, 0), created_at: 'at', due_at: 'at', delivered_at: lately(ids) },
  },
  {
    table: 'failures',
    of: 'true',
    every: 20,
    changes: { id: kind(OTHER, 10), fingerprint: 'md5(n::text)', first_at: lately(ids), last_at: lately(ids) },
  },
  {
    table: 'inquiries',
    of: `kind = 'account-balance' and says = 'done'`,
    every: 120,
    changes: {
      id: kind(INQUIRY, 0),
      asked_at: `greatest(at, '${ids.now}'::timestamptz - interval '390 days')`,
      answered_at: 'at',
      conversation_id: `'AB' || n`,
    },
  },
  { table: 'float_balances', of: `true`, every: 120, changes: { id: kind(BALANCE, 0), inquiry_id: kind(INQUIRY, 0), told_at: 'at' } },
  {
    table: 'loans',
    of: `id = '${ids.loan}'`,
    every: 50,
    changes: { id: kind(LOAN, 0), reference: `'HLN' || n`, member_id: 'gen_random_uuid()', applied_at: 'at', state: `'closed'` },
  },
  ...[1, 2, 3].map((number) => ({
    table: 'instalments',
    of: `loan_id = '${ids.loan}' and number = ${number}`,
    every: 50,
    changes: {
      loan_id: kind(LOAN, 0),
      due_on: 'at::date',
      paid_principal_cents: 'principal_cents',
      paid_interest_cents: 'interest_cents',
      paid_fee_cents: 'fee_cents',
    },
  })),
  ...[1, 2, 3].map((number) => ({
    table: 'penalties',
    of: `loan_id = '${ids.loan}'`,
    every: 50,
    changes: { loan_id: kind(LOAN, 0), number: `${number}`, charged_on: 'at::date', recorded_at: 'at', paid_cents: 'amount_cents' },
  })),
];

/** Adds the history of the payments `from` to `to`, set-based: ten minutes between two, older with each, all ended long ago and nothing left to do. */
export async function grow({ sql }: GrowingDatabase, ids: Record<string, string>, from: number, to: number): Promise<void> {
  const statements = copies(ids).map(({ table, of, every = 1, changes }) => {
    const generated = table === 'instalments' ? ['unpaid_cents'] : [];
    const columns = `(select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute where attrelid = '${table}'::regclass and attnum > 0 and not attisdropped and attname <> all($1))`;
    return { table, of, every, changes, generated, columns };
  });
  for (const { table, of, every, changes, generated, columns } of statements) {
    const [row] = await sql<{ names: string }>(`select ${columns} as names`, [generated]);
    const names = (row?.names ?? '').split(', ');
    const values = names.map((name) => (name in changes ? `(${changes[name]})` : `o.${name}`));
    await sql(`
      set session_replication_role = replica;
      insert into ${table} (${names.join(', ')})
      select ${values.join(', ')} from (select * from ${table} where ${of} limit 1) o, generate_series(${from + 1}, ${to}) n,
        lateral (select '${ids.now}'::timestamptz - interval '3 days' - n * interval '10 minutes' as at) t
      where n % ${every} = 0;
      set session_replication_role = default`);
    const [count] = await sql<{ there: boolean }>(`select exists (select from ${table} where ${of}) as there`);
    if (!count?.there) throw new Error(`There is no original of ${table} where ${of}.`);
  }
  await sql('vacuum analyze');
}

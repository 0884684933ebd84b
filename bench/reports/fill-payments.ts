import { encrypt } from '#ground/db/encryption.ts';
import type { FreshDatabase } from '../../test/world/database.ts';

/** The days over which the payments are spread, whatever their number: what grows is how much there is on each. */
export const DAYS = 90;
export const NOW = new Date('2026-11-30T09:00:00Z');

const uuid = (kind: string) => `('01930000-0000-7000-800${kind}-' || lpad(to_hex(n), 12, '0'))::uuid`;

/** Each payment at a moment of its own: `at`; what it takes to pay: `seconds`; how it ended: `how` of ten. */
const EACH = `generate_series($1::int + 1, $2::int) n cross join lateral (
  select '${NOW.toISOString()}'::timestamptz - interval '1 hour' - ${DAYS} * interval '1 day' * ((hashint4(n)::bigint + 2147483648) / 4294967296.0) as at,
    5 + abs(hashint4(n + 7)) % 5500 / 100.0 as seconds, abs(hashint4(n + 13)) % 10 as how) h`;

const STATEMENTS = [
  `insert into payments (id, reference, purpose, caller, lines, language, phone, phone_hash, owed_cents, amount_cents, status, state, created_at)
    select ${uuid('1')}, 'B' || n, case when n % 5 = 0 then 'donation' else 'order' end, 'public', '[]', 'en', 'PHONE', 'p' || n % 50000, 125000, 125000, state, state, at
    from ${EACH} cross join lateral (select case when how < 8 then 'paid' when how = 8 then 'failed' else 'expired' end as state) s`,
  `insert into attempts (id, payment_id, phone_hash, phone_tail, amount_cents, state, live, live_until, checkout_hash, result_code, created_at)
    select ${uuid('2')}, ${uuid('1')}, 'p' || n % 50000, '', 125000, case when how < 8 then 'paid' when how = 8 then 'failed' else 'expired' end, false, at, 'c' || n,
      case how when 8 then case when n % 2 = 0 then '1032' else '2001' end end, at from ${EACH}`,
  `insert into deposits (id, source, attempt_id, payment_id, amount_cents, receipt, settled_at, moved_at, confirmed_at, allocated_at, shortcode)
    select ${uuid('3')}, 'stk', ${uuid('2')}, ${uuid('1')}, 125000, 'R' || n, at + seconds * interval '1 second', at + seconds * interval '1 second', at + seconds * interval '1 second', at, '174379'
    from ${EACH} where how < 8`,
  `insert into evidence (id, subject_id, source, body_hash, body, verdict, received_at)
    select ${uuid('4')}, ${uuid('2')}, case when n % 20 = 0 then 'query' else 'callback' end, 'b' || n, '', 'pays', at + seconds * interval '1 second' from ${EACH} where how < 8`,
  ...[
    ['5', "'mpesa_in'", "'paybill_float:174379'", "'clearing'", '125000'],
    ['6', "'sale'", "'clearing'", "case when n % 5 = 0 then 'donations' else 'sales' end", '107759'],
    ['7', "'sale'", "'clearing'", "'vat_payable'", '17241'],
  ].map(
    ([id = '', kind, debit, credit, cents]) => `
    insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at, tx)
    select ${uuid(id)}, ${kind}, ${uuid('3')}::text, ${id === '7' ? 2 : 1}, ${debit}, ${credit}, ${cents}, at + seconds * interval '1 second', '3' from ${EACH} where how < 8`,
  ),
];

/** Adds the payments after number `from` up to number `to`, and has everything counted from the beginning by the next run. */
export async function fillPayments({ sql }: Pick<FreshDatabase, 'sql'>, from: number, to: number): Promise<void> {
  const phone = encrypt('254700000000', 'phone');
  await sql(
    "insert into accounts (id, kind, name, parent) values ('paybill_float:174379', 'asset', 'M-PESA', 'paybill_float') on conflict do nothing",
  );
  await sql(
    `insert into sent_days select '${NOW.toISOString().slice(0, 10)}'::date - n, c.channel, c.kind, $1::int, $1::int
    from generate_series(1, ${DAYS}) n, (values ('sms', 'digest'), ('email', 'invoice')) c(channel, kind) on conflict (day, channel, kind) do update set messages = excluded.messages`,
    [to],
  );
  for (const statement of STATEMENTS)
    await sql(
      `do $fill$ begin set local session_replication_role = replica; execute $one$ ${statement.replaceAll('$1', `${from}`).replaceAll('$2', `${to}`).replaceAll('PHONE', phone)} $one$; end $fill$`,
    );
  await sql('truncate slot_counts, day_counts'); // whose pages would hold the deleted rows beside the new ones
  await sql('update count_mark set final_before = null, watched_before = null, watched_tx = null, transfers_upto = null');
  await sql('update ledger_mark set upto = null');
}

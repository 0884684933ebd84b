import { type SQL, sql } from 'drizzle-orm';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import type { Config } from '#ground/config/config.ts';
import { payingShortcode } from '../float/paying-shortcode.ts';

/**
 * What the proved float of a short code has (`proved`), how much of that is reserved already (`promised`), and what is only told (`told`), as
 * a subquery of one row. Money that an earlier release booked and that is not gathered yet counts. `code` is the short code, in SQL.
 */
const floatSql = (code: SQL): SQL => sql`(
    select coalesce(sum(h.cents) filter (where h.account = ${ACCOUNTS.paybillFloat}), 0) - coalesce(sum(h.cents) filter (where h.account like 'paybill_float:%'), 0) as proved,
      -coalesce(sum(h.cents) filter (where h.account = ${ACCOUNTS.payoutReserve}), 0) as promised,
      coalesce(sum(h.cents) filter (where h.account like 'paybill_told:%'), 0) as told
    from held_each_1(array[${ACCOUNTS.paybillFloat}, ${ACCOUNTS.payoutReserve}, 'paybill_told:' || ${code}]
      || array(select a.id from accounts a where a.parent = ${ACCOUNTS.paybillFloat} and a.id <> 'paybill_float:' || ${code})) h
  )`;

/** What may leave the short code that pays out, in cents, as a subquery of one row with `cents`. */
export const availableSql = (config: Pick<Config, 'initiator' | 'mpesa'>): SQL =>
  sql`(select (f.proved - f.promised)::text as cents from ${floatSql(sql`${payingShortcode(config)}::text`)} f)`;

/** Approvals take turns at this lock, and read the float in a later statement: so it includes what others reserved. It stops no other booking of the float. */
export const LOCK_FLOAT = sql`select from accounts where id = ${ACCOUNTS.paybillFloat} for no key update`;

/** Requires enough proved money on the sending short code, less what is reserved already. Told money does not count. */
export const requireFloatSql = (config: Config, id: string): SQL => sql`
  select case when p.kind <> 'manual' and p.amount_cents > f.proved - f.promised then refuse('insufficient_float', jsonb_build_object('availableCents', (f.proved - f.promised)::text,
    'provedCents', f.proved::text, 'promisedCents', f.promised::text, 'toldCents', f.told::text, 'shortcode', sends.code)) else true end
  from payouts p
  cross join lateral (select case p.kind when 'reversal' then coalesce((select d.shortcode from deposits d where d.id = p.subject_id), ${config.mpesa.shortcode}::text)
    else ${payingShortcode(config)}::text end as code) sends
  cross join lateral ${floatSql(sql`code`)} f
  where p.id = ${id}::uuid`;

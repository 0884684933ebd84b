import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Config } from '#ground/config/config.ts';
import { bigintText, instantSql, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { payingShortcode } from '../paying-shortcode.ts';
import { expectedCharge } from '../tariff.ts';

/** An amount of which only the bounds are known. `undecided`: the bounds may still move, since the end of a payout is not known. */
export type Range = { from: bigint; until: bigint; undecided?: boolean };

type Numbers = Pick<Config, 'mpesa' | 'paybill' | 'initiator' | 'float'>;

const Come = z.object({ on: z.string(), amountCents: bigintText, moved: bigintText, charged: bigintText });
const Gone = z.object({ on: z.string(), amountCents: bigintText, surely: z.boolean(), undecided: z.boolean(), charged: z.boolean() });
const Booked = z.object({ cents: bigintText });

/** A payment may be reversed in the portal in parts, and each part counts at its own time: the last comes at most this long after the first. */
const PARTS_WITHIN_DAYS = 62;
/** How long after a payout was approved its end may become known. */
const LEARNT_WITHIN_DAYS = 8;

/**
 * What moved at one of our short codes, after `since` and up to `until`, in cents, by M-PESA's own stamps: what came, told or proved, less what went, its charges
 * and what was moved to the bank. A payout without a stamp may have left at any time from its approval until its end became known. Reads only the rows of that time,
 * by index.
 */
export async function readMovements(
  db: Reader,
  config: Numbers,
  { shortcode, since, until }: { shortcode: string; since: Date; until: Date },
): Promise<Range> {
  const [from, to] = [instantSql(since), instantSql(until)];
  const hasKnownCharge = (receipt: 'd.receipt' | 'w.receipt') =>
    sql`exists (select from float_entry_lines c where c.kind = 'charge' and c.receipt = ${sql.raw(receipt)})`;
  const came = await readRows(
    db,
    Come,
    sql`
    select (d.moved_at at time zone 'Africa/Nairobi')::date::text as "on", d.amount_cents, count(*) as moved, count(*) filter (where not ${hasKnownCharge('d.receipt')}) as charged
    from deposits d
    where d.shortcode = ${shortcode} and d.moved_at > ${from} and d.moved_at <= ${to} and d.merged_into is null and (d.taken_back_at is null or d.reversed_elsewhere_at is not null)
    group by 1, 2`,
  );
  const went = await readRows(
    db,
    Gone,
    sql`
    select (coalesce(w.moved_at, w.settled_at, w.dispatched_at) at time zone 'Africa/Nairobi')::date::text as "on", w.amount_cents,
      w.moved_at is not null or w.state = 'paid' and w.settled_at <= ${to} and coalesce(p.decided_at, w.dispatched_at) > ${from} as surely, w.state <> 'paid' as undecided,
      p.kind <> 'reversal' and p.portal_receipt is null and not ${hasKnownCharge('w.receipt')} as charged
    from (
      select * from withdrawals where settled_at > ${from} and settled_at <= ${to}::timestamptz + make_interval(days => ${LEARNT_WITHIN_DAYS}) and state = 'paid'
      union all select * from withdrawals where state in ('dispatched', 'unknown') and dispatched_at is not null
    ) w
    join payouts p on p.id = w.payout_id
    left join transfers t on t.kind in ('payout_paid', 'payout_late') and t.source_id = w.id::text and t.leg = 1
    where p.source_account <> 'receivables' and (p.portal_receipt is not null or coalesce(p.decided_at, w.dispatched_at) <= ${to}) and (w.moved_at is null or w.moved_at > ${from} and w.moved_at <= ${to})
      and coalesce('paybill_float:' || (select d.shortcode from deposits d where d.id = case p.kind when 'reversal' then p.subject_id end), t.credit_account,
        'paybill_float:' || case p.kind when 'reversal' then ${config.mpesa.shortcode}::text else ${payingShortcode(config)}::text end)
        = 'paybill_float:' || ${shortcode}`,
  );
  // Part by part: entries; what of an entry explains the gap of another time; a charge that the tariff expected, as far as lines have told of it; what was given back in the
  // portal, whatever became of it in the books, each part when its line says that it left; the same while nobody knows which payment it was.
  const [entries] = await readRows(
    db,
    Booked,
    sql`
    select coalesce(sum(cents), 0) as cents from (
      select case e.kind when 'top_up' then 1 else -1 end * (e.amount_cents - coalesce((select sum(p.cents) from float_entry_parts p where p.entry_id = e.id), 0)) as cents
      from float_entries e where e.shortcode = ${shortcode} and e.state = 'booked' and e.occurred_at > ${from} and e.occurred_at <= ${to}
      union all select case e.kind when 'top_up' then p.cents else -p.cents end from float_entry_parts p join float_entries e on e.id = p.entry_id
      where p.shortcode = ${shortcode} and p.occurred_at > ${from} and p.occurred_at <= ${to}
      union all select -l.cents from float_entry_lines l join float_entries e on e.id = l.entry_id
      where l.shortcode = ${shortcode} and l.kind = 'charge' and l.moved_at > ${from} and l.moved_at <= ${to} and e.state = 'booked' and e.occurred_at is null
      union all select -coalesce(l.cents, d.reversed_elsewhere_cents) from deposits d left join lateral given_back_lines_1(d.receipt, known_shortcode_1(d)) l on true
      where d.shortcode = ${shortcode} and d.reversed_elsewhere_at > ${from}::timestamptz - make_interval(days => ${PARTS_WITHIN_DAYS}) and d.reversed_elsewhere_at <= ${to}
        and coalesce(l.left_at, d.reversed_elsewhere_at) > ${from} and coalesce(l.left_at, d.reversed_elsewhere_at) <= ${to} and d.merged_into is null
      union all select -amount_cents from (
        select distinct l.receipt, l.completed_at, l.amount_cents, row_number() over (partition by l.statement_id, l.receipt, l.completed_at, l.amount_cents order by l.n) from statements s join statement_lines l on l.statement_id = s.id
        where s.shortcode = ${shortcode} and l.finding = 'reversed' and l.verdict = 'unlinked' and l.completed_at > ${from} and l.completed_at <= ${to}) unlinked
    ) counted`,
  );
  const kind = config.mpesa.transactionType;
  const charge = (moved: { kind: 'payout' | 'paybill' | 'till'; amountCents: bigint; on: string }) =>
    config.float.expectsCharges ? expectedCharge({ ...moved, payer: config.float.paybillPayer }) : 0n;
  const settled = came.reduce(
    (sum, { moved, charged, ...row }) => sum + moved * row.amountCents - charged * charge({ ...row, kind }),
    entries?.cents ?? 0n,
  );
  const out = went.map(({ charged, surely, undecided, ...row }) => ({
    ...{ surely, undecided },
    cents: row.amountCents + (charged ? charge({ ...row, kind: 'payout' }) : 0n),
  }));
  const sum = (rows: typeof out) => rows.reduce((total, { cents }) => total + cents, 0n);
  return {
    from: settled - sum(out),
    until: settled - sum(out.filter(({ surely }) => surely)),
    undecided: out.some(({ undecided }) => undecided),
  };
}

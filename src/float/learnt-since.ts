import { type SQL, sql } from 'drizzle-orm';

/** How far back a statement tells of money that nobody had told us of before the first balance. */
const LEARNT_LATER_DAYS = 62;

/**
 * What the books have learnt after a short code's first balance of the time before it, in cents: what came and nobody had told of, less what was a lie, was given back in the
 * portal, or was one movement booked twice. The money from before is so much less.
 */
export const learntSinceSql = (shortcode: SQL, openedAt: SQL): SQL => sql`(
  select coalesce(sum(case when d.settled_at > ${openedAt} then d.amount_cents else -d.amount_cents end), 0) from deposits d
  where d.shortcode = ${shortcode} and d.moved_at <= ${openedAt} and d.moved_at > ${openedAt} - make_interval(days => ${LEARNT_LATER_DAYS}) and case
    when d.settled_at > ${openedAt} then d.merged_into is null and (d.taken_back_at is null or d.reversed_elsewhere_at > ${openedAt})
    when d.taken_back_at is not null then d.taken_back_at > ${openedAt} and (d.reversed_elsewhere_at is null or d.reversed_elsewhere_at <= ${openedAt})
    else d.merged_into is not null and exists (select from transfers t where t.kind = 'merged' and t.source_id = d.id::text and t.booked_at > ${openedAt}) end)`;

import { type SQL, sql } from 'drizzle-orm';

/** Due at once while told money may be refuted, as a value in a statement: what a statement lists and could not settle is looked at in vain. */
export const absentDueSql = (_app: unknown, at: SQL): SQL => sql`(select ${at} where exists (
  select from refuting_times_1() e join deposits d on d.shortcode = e.shortcode and d.moved_at between e.begins and e.ends
  where d.confirmed_at is null and d.merged_into is null and d.refuted_at is null and d.receipt is not null and d.receipt_proved_at is null
    and holds_day_1(e.begins, e.ends, d.moved_at, receipt_day_1(d.receipt)) and not d.receipt = any(e.listed)))`;

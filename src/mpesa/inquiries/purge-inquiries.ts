import { sql } from 'drizzle-orm';
import { daysBefore, deleteInChunks } from '#ground/db/delete-in-chunks.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { App } from '../wiring/app.ts';
import { INQUIRY_KINDS } from './inquiries.schema.ts';

/**
 * Deletes inquiries that were answered or refused RETAIN_INQUIRIES_DAYS ago, with their balances. What stays: open inquiries, those that an
 * open task is about, and the newest balance of each account of each short code. What Safaricom said stays as evidence.
 */
export function purgeInquiries(app: Pick<App, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> {
  const before = daysBefore(app.clock.now(), app.config.retain.inquiriesDays);
  return deleteInChunks(app, deadline, { kind: 'inquiries', before }, (most) => ({
    before: sql`
    old as materialized (
      select i.id from inquiries i
      where i.kind = any(${sql.param([...INQUIRY_KINDS])}::text[])
        and i.asked_at < ${instantSql(before)} and i.state in ('answered', 'refused')
        and not exists (select from reviews r where r.subject = i.id::text and r.closed_at is null)
        and not exists (select from float_balances b where b.inquiry_id = i.id and not exists (
          select from float_balances n join inquiries o on o.id = n.inquiry_id where n.account = b.account and n.inquiry_id > b.inquiry_id and o.shortcode = i.shortcode))
      order by i.asked_at limit ${most}
    ), balances as (
      delete from float_balances b using old where b.inquiry_id = old.id
    )`,
    deletes: sql`delete from inquiries i using old where i.id = old.id`,
  }));
}

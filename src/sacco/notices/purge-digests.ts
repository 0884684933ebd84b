import { sql } from 'drizzle-orm';
import { deleteInChunks } from '#ground/db/delete-in-chunks.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** Deletes the record of what each day's digest said, RETAIN_MESSAGES_DAYS after it was sent. What was not sent stays. */
export const purgeDigests = (app: Pick<App, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> =>
  deleteInChunks(
    app,
    deadline,
    (most) => sql`
    delete from digests where (member_id, channel, told_on) in (
      select member_id, channel, told_on from digests
      where said_at < ${instantSql(app.clock.now())} - ${app.config.retain.messagesDays}::int * interval '1 day' order by said_at limit ${most})`,
  );

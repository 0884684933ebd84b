import { sql } from 'drizzle-orm';
import { deleteInChunks } from '#ground/db/delete-in-chunks.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** Forgets which day's digest told a member what, RETAIN_MESSAGES_DAYS after it was said. What was not said stays. */
export const purgeDigests = (app: Pick<App, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> =>
  deleteInChunks(
    app,
    deadline,
    (most) => sql`
    delete from digests where (member_id, channel, told_on) in (
      select member_id, channel, told_on from digests
      where said_at < ${app.clock.now().toISOString()}::timestamptz - ${app.config.retain.messagesDays}::int * interval '1 day' order by said_at limit ${most})`,
  );

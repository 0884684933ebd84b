import { sql } from 'drizzle-orm';
import { deleteInChunks } from '../../db/delete-in-chunks.ts';
import { instantSql } from '../../db/rows.ts';
import type { Ground } from '../../ground.ts';

/** Deletes messages sent RETAIN_MESSAGES_DAYS ago, except those of an open task. Unsent messages and dead letters stay. */
export const purgeSent = (app: Pick<Ground, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> =>
  deleteInChunks(
    app,
    deadline,
    (most) => sql`
    delete from outbox where id = any(array(
      select o.id from outbox o where o.sent_at < ${instantSql(app.clock.now())} - ${app.config.retain.messagesDays}::int * interval '1 day' and o.dead_at is null
        and not exists (select from reviews r where r.subject = o.id::text and r.closed_at is null)
      order by o.sent_at limit ${most}))`,
  );

import { sql } from 'drizzle-orm';
import { deleteInChunks, instantSql } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import type { Ground } from '#ground/ground.ts';
import type { Session } from './session.ts';

/** Ends a session before its time, everywhere it was copied to. Safe to repeat. */
export async function endSession(db: Db, { id, endsAt }: Pick<Session, 'id' | 'endsAt'>): Promise<void> {
  await db.execute(sql`insert into ended_sessions (id, ends_at) values (${id}::uuid, ${instantSql(endsAt)}) on conflict do nothing`);
}

/** Forgets sessions that were ended and have ended by themselves since. */
export const purgeEndedSessions = (app: Pick<Ground, 'db' | 'clock'>, deadline: Date): Promise<number> =>
  deleteInChunks(
    app,
    deadline,
    (most) => sql`
    delete from ended_sessions where id = any(array(
      select id from ended_sessions where ends_at < ${instantSql(app.clock.now())} order by ends_at limit ${most}))`,
  );

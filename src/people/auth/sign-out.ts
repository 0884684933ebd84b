import { sql } from 'drizzle-orm';
import type { OpenCall } from '#ground/call.ts';
import { deleteInChunks } from '#ground/db/delete-in-chunks.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import type { Ground } from '#ground/ground.ts';
import type { Session } from './session.ts';
import { noSessionCookie } from './session-cookie.ts';

/** Ends the caller's session, everywhere it was copied to, and deletes the cookie. Safe to repeat, and without a session too. */
export async function signOut({ db, config }: Pick<Ground, 'db' | 'config'>, _input: unknown, { caller: { person }, setCookie }: OpenCall) {
  if (person) await endSession(db, { id: person.sessionId, endsAt: person.sessionEndsAt });
  setCookie(noSessionCookie(config.site.url));
  return { signedOut: true };
}

/** Ends a session before its time, everywhere it was copied to. Safe to repeat. */
async function endSession(db: Db, { id, endsAt }: Pick<Session, 'id' | 'endsAt'>): Promise<void> {
  await db.execute(sql`insert into ended_sessions (id, ends_at) values (${id}::uuid, ${instantSql(endsAt)}) on conflict do nothing`);
}

/** Deletes sessions that have expired by now, and the records of those that were ended before. */
export function purgeEndedSessions(app: Pick<Ground, 'db' | 'clock'>, deadline: Date): Promise<number> {
  const now = app.clock.now();
  return deleteInChunks(app, deadline, { kind: 'sessions', before: now }, (most) => ({
    before: sql`
    expired as (
      delete from sessions where id = any(array(select id from sessions where ends_at < ${instantSql(now)} order by ends_at limit ${most}))
    )`,
    deletes: sql`
    delete from ended_sessions where id = any(array(
      select id from ended_sessions where ends_at < ${instantSql(now)} order by ends_at limit ${most}))`,
  }));
}

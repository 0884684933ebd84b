import { sql } from 'drizzle-orm';
import { deleteInChunks, instantSql } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';
import { purgeEndedSessions } from '../auth/end-session.ts';

/** Forgets codes and signed-out sessions that have ended by themselves, and from where a phone signed in when that is RETAIN_SIGN_INS_DAYS ago. */
export async function purgeSignIns(app: Pick<Ground, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> {
  const at = instantSql(app.clock.now());
  const known = sql`signed_in_at < ${at} - ${app.config.retain.signInsDays}::int * interval '1 day'`;
  const codes = await deleteInChunks(
    app,
    deadline,
    (most) => sql`
    delete from codes_sent where (phone_hash, network_hash) in (
      select phone_hash, network_hash from codes_sent where expires_at < ${at} and signed_in_at is null
      union all select phone_hash, network_hash from codes_sent where expires_at < ${at} and ${known} limit ${most})`,
  );
  return codes + (await purgeEndedSessions(app, deadline));
}

import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { type PageWanted, readPage } from '#ground/db/page.ts';
import { instant, instantSql } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import type { Session } from './session.ts';

/** Lists a session for its owner, as a common table expression: for each row that `from` yields. */
export const keepSessionSql = ({ id, phoneHash, endsAt }: Session, startedAt: Date, from: SQL): SQL => sql`
  insert into sessions (id, phone_hash, started_at, ends_at)
  select ${id}::uuid, ${phoneHash}, ${instantSql(startedAt)}, ${instantSql(endsAt)} from ${from}`;

const Row = z.object({ id: z.uuid(), startedAt: instant, endsAt: instant });

/** How much of them: all at once where nothing is said, for nobody has many. */
export const SESSIONS_SHOWN = 500;

/** The sessions of a phone that have not ended, newest first, as their owner or an administrator sees them. */
export async function listSessions(db: Db, phoneHash: string, now: Date, wanted: PageWanted, current?: string) {
  const all = sql`from ${runningSql(phoneHash, now)}`;
  const { rows, totals } = await readPage(db, Row, wanted, {
    list: sql`select s.id, s.started_at, s.ends_at ${all} order by s.started_at desc, s.id desc`,
    all,
  });
  const sessions = rows.map(({ id, startedAt, endsAt }) => ({
    ...{ sessionId: id, startedAt: startedAt.toISOString(), endsAt: endsAt.toISOString(), current: id === current },
  }));
  return { sessions, ...totals };
}

/** Ends sessions of a phone before their time, everywhere they were copied to; yields the `id` of each that was running. */
export const endSessionsSql = (phoneHash: string, which: SQL, now: Date): SQL => sql`
  insert into ended_sessions (id, ends_at) select s.id, s.ends_at from ${runningSql(phoneHash, now)} and ${which}
  on conflict do nothing returning id`;

const runningSql = (phoneHash: string, now: Date): SQL => sql`
  sessions s where s.phone_hash = ${phoneHash} and s.ends_at > ${instantSql(now)} and not exists (select from ended_sessions e where e.id = s.id)`;

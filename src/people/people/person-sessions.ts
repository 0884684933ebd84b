import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { listInput } from '#ground/db/page.ts';
import { readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import type { Ground } from '#ground/ground.ts';
import { endSessionsSql, listSessions, SESSIONS_SHOWN } from '../auth/sessions.ts';

type World = Pick<Ground, 'db' | 'clock'>;

/** Whose sessions. */
export const PersonInput = listInput({ id: z.uuid() }, SESSIONS_SHOWN, SESSIONS_SHOWN);

/** How much of one's own. */
export const MySessionsInput = listInput({}, SESSIONS_SHOWN, SESSIONS_SHOWN);

/** Whose session; without `sessionId` all of them. */
export const EndSessionsInput = z.strictObject({ id: z.uuid(), sessionId: z.uuid().optional() });

/** Which of one's own: one of them, or all but the present one. */
export const EndMySessionsInput = z.union([z.strictObject({ sessionId: z.uuid() }), z.strictObject({ others: z.literal(true) })], {
  error: 'Send {"sessionId": "..."}, or {"others": true} for all but this one.',
});

/** The sessions of a person that have not ended. Throws `person_not_found`. */
export async function listPersonSessions({ db, clock }: World, { id, ...wanted }: z.output<typeof PersonInput>) {
  return await listSessions(db, await phoneHashOf(db, id), clock.now(), wanted);
}

/** Ends one session of a person or all. Throws `person_not_found`, `session_not_found`. */
export async function endPersonSessions({ db, clock }: World, { id, sessionId }: z.output<typeof EndSessionsInput>, call: Call) {
  const phoneHash = await phoneHashOf(db, id);
  return end(
    { db, clock },
    { phoneHash, whose: id, which: sessionId ? sql`s.id = ${sessionId}::uuid` : sql`true`, needsOne: sessionId !== undefined },
    call,
  );
}

/** The caller's own sessions that have not ended; `current` is the one that asks. */
export async function listMySessions({ db, clock }: World, wanted: z.output<typeof MySessionsInput>, call: Call) {
  const { phoneHash, sessionId } = personOf(call);
  return await listSessions(db, phoneHash, clock.now(), wanted, sessionId);
}

/** Ends one of the caller's own sessions, or all others. Throws `session_not_found`. */
export function endMySessions(world: World, input: z.output<typeof EndMySessionsInput>, call: Call) {
  const { phoneHash, sessionId } = personOf(call);
  const one = 'sessionId' in input;
  const which = one ? sql`s.id = ${input.sessionId}::uuid` : sql`s.id <> ${sessionId}::uuid`;
  return end(world, { phoneHash, whose: call.caller.id, which, needsOne: one }, call);
}

type Ending = { phoneHash: string; whose: string; which: SQL; needsOne: boolean };

async function end({ db, clock }: World, { phoneHash, whose, which, needsOne }: Ending, { caller, requestId }: Call) {
  const now = clock.now();
  const ended = await readRows(
    db,
    z.object({ id: z.uuid() }),
    sql`
    with ended as (${endSessionsSql(phoneHash, which, now)}), audited as (${recordSql({
      ...{ actor: caller.id, action: 'sessions_ended', subject: sql`${whose}::text`, requestId, happenedAt: now },
      after: sql`jsonb_build_object('sessions', (select count(*) from ended))`,
      from: sql`(select) as always where exists (select from ended)`,
    })})
    select id from ended`,
  );
  if (needsOne && ended.length === 0) throw new AppError('session_not_found', 'There is no such session, or it has ended already.');
  return { ended: ended.length };
}

async function phoneHashOf(db: World['db'], personId: string): Promise<string> {
  const [person] = await readRows(
    db,
    z.object({ phoneHash: z.string() }),
    sql`select p.phone_hash from people p where p.id = ${personId}::uuid`,
  );
  if (!person) throw new AppError('person_not_found', 'There is no such person: GET /api/people lists them.');
  return person.phoneHash;
}

function personOf({ caller }: Call) {
  if (!caller.person) throw new Error('Only a signed-in person holds the right to their own sessions.');
  return caller.person;
}

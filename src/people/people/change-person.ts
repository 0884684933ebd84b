import { eq, sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { pick } from '#ground/db/pick.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import type { Ground } from '#ground/ground.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { line } from '#ground/text/line.ts';
import { isStandIn } from '#ground/text/stand-in.ts';
import { promiseAccessNotice, tellEmailChanged } from './access-notices.ts';
import { lockAdministrators } from './lock-administrators.ts';
import { people } from './people.schema.ts';
import { stillWaits } from './present-person.ts';

/** What of whom is changed; an e-mail of null is removed. The phone is who they are, and stays. */
export const ChangePersonInput = z
  .strictObject({
    id: z.uuid(),
    name: line(2, 80).optional(),
    email: z.email().max(254).nullable().optional(),
    language: z.enum(LANGUAGES).optional(),
  })
  .refine((input) => Object.keys(input).length > 1, 'Send what is to change: name, email or language.');

const CHANGEABLE = ['name', 'email', 'language'] as const;
const PERSON = pick(people, 'p', ['phone', 'phoneHash', 'emailWaitsUntil', ...CHANGEABLE]);

/** For how long an e-mail that somebody else has set takes no sign-in code: time for its owner and the others to see that it was changed. */
const WAIT_MS = 24 * 60 * 60_000;

/**
 * Changes the name, the e-mail or the language of a member or one of the staff, one's own too; sessions go on. They are told, and of an e-mail also where it was
 * until now. Since sign-in codes may go there, the other administrators and treasurers are told of it, whoever's it is, and no code goes there for a day unless it is
 * one's own: nobody becomes their own second person unseen. A code that went where it was works no more. A new e-mail that a provider had refused is tried again. Throws `person_not_found`, `person_anonymised`.
 */
export function changePerson(
  { db, clock }: Pick<Ground, 'db' | 'clock'>,
  { id, ...given }: z.output<typeof ChangePersonInput>,
  { caller, requestId }: Call,
) {
  const now = clock.now();
  return db.transaction(async (tx) => {
    await lockAdministrators(tx, caller.id);
    const before = await lockWhole(tx, id);
    const changed = CHANGEABLE.filter((field) => given[field] !== undefined && given[field] !== before[field]);
    const isOwn = caller.id === `person:${id}`;
    const emailWaitsUntil = changed.includes('email') ? waitOf(given.email, isOwn, now) : before.emailWaitsUntil;
    const answer = { personId: id, changed, emailWaitsUntil: stillWaits(emailWaitsUntil, now) };
    if (changed.length === 0) return answer;
    await tx
      .update(people)
      .set({ ...given, emailWaitsUntil })
      .where(eq(people.id, id));
    await record(tx, { actor: caller.id, action: 'person_corrected', subject: id, after: { changed }, requestId, happenedAt: now });
    if (changed.some((field) => field !== 'email')) await promiseAccessNotice(tx, 'details_changed', id, now);
    if (changed.includes('email')) await tellEmailChanged(tx, { id, ...before }, given.email ?? null, { by: caller.id, now });
    return answer;
  });
}

const waitOf = (email: string | null | undefined, isOwn: boolean, now: Date): Date | null =>
  email && !isOwn ? new Date(now.getTime() + WAIT_MS) : null;

async function lockWhole(tx: Tx, id: string): Promise<z.output<typeof PERSON.row>> {
  const [person] = await readRows(tx, PERSON.row, sql`select ${PERSON.list} from people p where p.id = ${id}::uuid for update`);
  if (!person) throw new AppError('person_not_found', 'There is no such person: GET /api/people lists them.');
  if (isStandIn(person.phone)) throw new AppError('person_anonymised', 'They were anonymised: nothing of theirs is here to change.');
  return person;
}

import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call, Caller } from '#ground/call.ts';
import { decrypted, instantSql, readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import type { Ground } from '#ground/ground.ts';
import { findKeyHolder } from '../auth/find-key-holder.ts';
import { ROLES, rightsOf } from '../auth/rights.ts';
import { readSession, type Session, startOf } from '../auth/session.ts';
import { readSessionCookie } from '../auth/session-cookie.ts';

type World = Pick<Ground, 'db' | 'clock' | 'config'>;

/** Somebody without credentials. */
const VISITOR: Caller = { id: 'public', scopes: [] };

const SAFE = ['GET', 'HEAD'];

const Standing = z.object({
  personId: z.uuid().nullable(),
  role: z.enum(ROLES).nullable(),
  disabled: z.boolean(),
  ended: z.boolean(),
});

/**
 * Finds out who asks. A visitor costs no round trip, an API key or a session one. A bad credential in the Authorization header throws `unauthorized`; a bad
 * cookie makes the caller a visitor, since its owner cannot mend it. With a cookie, only our own pages may write: others get `forbidden`.
 */
export async function authenticate(world: World, request: Request): Promise<Caller> {
  const { site } = world.config;
  const authorization = request.headers.get('authorization');
  if (authorization !== null) {
    const token = authorization.replace(/^Bearer /, '');
    const caller = token.startsWith('mlp_')
      ? await findKeyHolder(world, token, roleOfSql)
      : await findSessionHolder(world, await read(world, token));
    if (caller) return caller;
    throw new AppError(
      'unauthorized',
      'This session or API key is not known, has expired or was revoked. Sign in again, or send another key.',
    );
  }
  const cookie = readSessionCookie(site.url, request.headers.get('cookie'));
  const session = cookie && (await read(world, cookie));
  if (!session) return VISITOR;
  if (!SAFE.includes(request.method) && !site.origins.includes(request.headers.get('origin') ?? ''))
    throw new AppError('forbidden', 'Only our own pages may do that with the cookie of a session: send the session in "Authorization".');
  return (await findSessionHolder(world, session)) ?? VISITOR;
}

const read = ({ config, clock }: World, token: string) =>
  readSession({ secret: config.sessionSecret, site: config.site.url }, token, clock.now());

/** The role of a person, by their id as a caller; null for others. */
export const roleOfSql = (caller: SQL): SQL =>
  sql`(select p.role from people p where p.id = substring(${caller} from '^person:(.{36})$')::uuid)`;

/** What the holder of a session is now: nothing when they were disabled or have signed out, or signed in before this database became a copy of an earlier state, which may not know that they have signed out; a customer when nobody in `people` has the phone. */
async function findSessionHolder({ db }: World, session: Session | undefined): Promise<Caller | undefined> {
  if (!session) return undefined;
  const [standing] = await readRows(
    db,
    Standing,
    sql`select p.id as person_id, p.role, p.disabled_at is not null as disabled,
      exists (select from ended_sessions where id = ${session.id}::uuid)
        or exists (select from detachments where detached_at > ${instantSql(startOf(session))}) as ended
      from (select) as always left join people p on p.phone_hash = ${session.phoneHash}`,
  );
  if (!standing || standing.disabled || standing.ended) return undefined;
  const { phoneHash, maskedPhone, id: sessionId, endsAt: sessionEndsAt } = session;
  const role = standing.role ?? 'public';
  return {
    id: standing.personId ? `person:${standing.personId}` : `phone:${phoneHash}`,
    scopes: rightsOf(role),
    person: { role, phoneHash, maskedPhone, sessionId, sessionEndsAt },
  };
}

/** Who is signed in, as what, with which rights and until when; a customer has no name here. */
export async function readMe({ db }: Pick<Ground, 'db'>, _input: unknown, { caller: { person, scopes } }: Call) {
  if (!person) throw new Error('Only a signed-in person holds the right to read who they are.');
  const [named] = await readRows(
    db,
    z.object({ name: decrypted('name') }),
    sql`select name from people where phone_hash = ${person.phoneHash}`,
  );
  const { role, maskedPhone, sessionEndsAt } = person;
  return { role, name: named?.name ?? null, maskedPhone, rights: scopes, endsAt: sessionEndsAt.toISOString() };
}

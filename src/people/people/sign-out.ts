import type { OpenCall } from '#ground/call.ts';
import type { Ground } from '#ground/ground.ts';
import { endSession } from '../auth/end-session.ts';
import { noSessionCookie } from '../auth/session-cookie.ts';

/** Ends the session that asks, everywhere it was copied to, and takes the cookie away. Safe to repeat, and without a session too. */
export async function signOut({ db, config }: Pick<Ground, 'db' | 'config'>, _input: unknown, { caller: { person }, setCookie }: OpenCall) {
  if (person) await endSession(db, { id: person.sessionId, endsAt: person.sessionEndsAt });
  setCookie(noSessionCookie(config.site.url));
  return { signedOut: true };
}

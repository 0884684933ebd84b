type Explained = { says: string; mend: string };

const AGAIN = 'Copy the connection string again from Neon (Connect) into DATABASE_URL.';

/** What went wrong on the way to the database, in words of ours: the driver's own may quote the connection string. */
export function explainDatabaseError(error: unknown, hostname: string, isNeon: boolean): Explained {
  const { codes, words } = readChain(error);
  const has = (...wanted: string[]) => wanted.some((code) => codes.has(code));
  if (has('28P01', '28000') || /password authentication failed/i.test(words))
    return {
      says: `${hostname} refuses the user or the password in DATABASE_URL.`,
      mend: `${AGAIN} A password that was reset is shown once.`,
    };
  if (has('3D000') || /database "[^"]*" does not exist/i.test(words))
    return { says: `${hostname} answers, but has no database of the name in DATABASE_URL.`, mend: AGAIN };
  if (/endpoint could not be found|endpoint id is not specified|project not found/i.test(words))
    return { says: `Neon knows no endpoint ${hostname}: the project or branch may have been deleted.`, mend: AGAIN };
  if (/endpoint (has been|is) disabled|quota|exceeded/i.test(words))
    return {
      says: 'Neon has stopped the database: it is disabled or its compute hours are used up.',
      mend: 'Look at the project in Neon: Billing and Computes.',
    };
  if (has('ENOTFOUND', 'EAI_AGAIN'))
    return { says: `There is no host ${hostname}, or no name server answers.`, mend: `Check your network. ${AGAIN}` };
  if (/SSL|TLS|certificate/i.test(words) || [...codes].some((code) => /CERT|SSL|TLS/.test(code)))
    return {
      says: `No encrypted connection to ${hostname} came about.`,
      mend: `Add ?sslmode=require to DATABASE_URL, and look for a proxy in between. ${AGAIN}`,
    };
  if (!isNeon)
    return {
      says: `${hostname} does not answer as Neon does: statements travel over HTTPS and WebSocket, which an ordinary PostgreSQL server does not speak.`,
      mend: 'Use a database at Neon; for your own machine `npm start` brings one.',
    };
  if (has('ECONNREFUSED', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT') || /no answer in time|timeout/i.test(words))
    return {
      says: `${hostname} does not answer.`,
      mend: `Try again in a minute; then look at Neon's status page and your firewall. ${AGAIN}`,
    };
  if (has('42501')) return { says: 'The database user lacks a right.', mend: 'Use the role that owns the database.' };
  const known = [...codes].filter((code) => /^\w{4,30}$/.test(code)).join(', ');
  return { says: `The database at ${hostname} refused${known ? ` (${known})` : ''}.`, mend: `Try again in a minute. ${AGAIN}` };
}

/** Codes and words of an error and of everything underneath it. */
function readChain(error: unknown): { codes: Set<string>; words: string } {
  const codes = new Set<string>();
  const words: string[] = [];
  const queue: unknown[] = [error];
  for (let at = queue.shift(), left = 20; at !== undefined && left > 0; at = queue.shift(), left--) {
    if (typeof at !== 'object' || at === null) continue;
    const { code, message, cause, sourceError, error: inner, errors } = at as Record<string, unknown>;
    if (typeof code === 'string') codes.add(code);
    if (typeof message === 'string') words.push(message);
    queue.push(
      ...[cause, sourceError, inner, ...(Array.isArray(errors) ? errors : [])].filter((next) => next !== undefined && next !== null),
    );
  }
  return { codes, words: words.join('\n') };
}

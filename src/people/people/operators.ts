import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { isHashOf, lookupHash } from '#ground/db/encryption.ts';
import { decrypted, readRows } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';

const OPERATOR = sql`p.role in ('treasurer', 'admin') and p.disabled_at is null and p.email is not null`;

/**
 * Who is told how the site is, as rows of `operator`, a word that says who without saying where: the addresses of ALERT_EMAILS, or else the treasurers and
 * administrators with an e-mail address.
 */
export const operatorsSql = ({ alerts }: Pick<Ground['config'], 'alerts'>): SQL =>
  alerts.emails
    ? sql`select 'setting:' || hash as operator from unnest(${sql.param(alerts.emails.map(hashOf))}::text[]) as hash`
    : sql`select 'person:' || p.id as operator from people p where ${OPERATOR}`;

/** The e-mail address of such a person; undefined where they are none any more. */
export async function addressOfOperator({ db, config }: Pick<Ground, 'db' | 'config'>, operator: string): Promise<string | undefined> {
  const [from, key = ''] = operator.split(':');
  if (from === 'setting') return config.alerts.emails?.find((email) => isHashOf(key, email.toLowerCase()));
  const [person] = await readRows(
    db,
    z.object({ email: decrypted('email') }),
    sql`select p.email from people p where p.id = ${key}::uuid and ${OPERATOR}`,
  );
  return person?.email;
}

const hashOf = (email: string): string => lookupHash(email.toLowerCase());

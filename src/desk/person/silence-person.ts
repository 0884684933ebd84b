import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '#ground/db/types.ts';
import { forgetFormerSql } from '#ground/outbox/forget-former.ts';
import type { Message } from '#ground/outbox/message.ts';
import { withholdSql } from '#ground/outbox/withhold.ts';
import { endSessionsSql } from '#people/auth/sessions.ts';
import { allIds, type Found, texts } from './holding.ts';

/** Messages that only tell somebody something: the books do not wait for them. */
export const TELLING: Message['kind'][] = [
  'invoice_email',
  'notice',
  'access_notice',
  'staff_notice',
  'customer_notice',
  'digest',
  'daily_summary',
];

/** Whether a message is about a person; the indexes outbox_about and outbox_person have the expressions. */
export const aboutSql = (found: Found, o: SQL = sql`o`): SQL => sql`
  (coalesce(${o}.message ->> 'invoiceId', ${o}.message ->> 'withdrawalId', ${o}.message ->> 'payoutId', ${o}.message ->> 'depositId', ${o}.message ->> 'subjectId', ${o}.message ->> 'memberId') = ${texts(allIds(found))}
    or ${o}.message ->> 'personId' = ${texts(found.personId === null ? [] : [found.personId])})`;

/** Ends their sessions everywhere, and keeps what waits from being sent to them. */
export async function silencePerson(tx: Tx, found: Found, now: Date): Promise<void> {
  for (const hash of found.phoneHashes) await tx.execute(endSessionsSql(hash, sql`true`, now));
  await tx.execute(
    withholdSql(
      sql`select o.dedupe_key from outbox o where o.sent_at is null and o.dead_at is null and o.message ->> 'kind' = ${texts(TELLING)} and ${aboutSql(found)}`,
      now,
    ),
  );
  await tx.execute(forgetFormerSql(aboutSql(found, sql`outbox`)));
}

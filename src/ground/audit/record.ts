import { type SQL, sql } from 'drizzle-orm';
import { setIdSql } from '../db/columns.ts';
import { instantSql } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { audit } from './audit.schema.ts';

/** What happened, by whom, to what. */
export type AuditEntry = Omit<typeof audit.$inferInsert, 'id'>;

/** Writes one row of the audit trail inside the transaction of the change. */
export async function record(tx: Tx, entry: AuditEntry): Promise<void> {
  await tx.insert(audit).values(entry);
}

/** The same as an SQL fragment, by itself or as a common table expression: one audit row for each row that `from` yields; `before` and `after` are jsonb. */
export const recordSql = (entry: {
  actor: string;
  action: string;
  subject: SQL;
  before?: SQL;
  after?: SQL;
  requestId?: string | undefined;
  happenedAt: Date;
  from: SQL;
}): SQL => sql`
  insert into audit (id, actor, action, subject, before, after, request_id, happened_at)
  select ${setIdSql()}, ${entry.actor}, ${entry.action}, ${entry.subject}, ${entry.before ?? sql`null::jsonb`}, ${entry.after ?? sql`null::jsonb`}, ${entry.requestId ?? null}::text, ${instantSql(entry.happenedAt)}
  from ${entry.from}`;

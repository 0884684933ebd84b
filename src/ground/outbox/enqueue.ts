import { is, SQL, sql } from 'drizzle-orm';
import { setIdSql } from '../db/columns.ts';
import { instantSql } from '../db/rows.ts';
import type { Db, Tx } from '../db/types.ts';
import type { Message } from './message.ts';

/** Promises a message. It is sent only if this transaction commits, and once per `dedupeKey`, which says why (`invoice:<paymentId>`). */
export async function enqueue(tx: Tx, dedupeKey: string, message: Message, dueAt: Date): Promise<void> {
  await tx.execute(enqueueSql({ key: dedupeKey, message, dueAt }));
}

/** A message of a statement: its fields, each as a value or as SQL. */
export type MessageSql = InSql<Message>;

type InSql<M> = M extends unknown ? { [Field in keyof M]: Field extends 'kind' ? M[Field] : M[Field] | SQL } : never;

/**
 * The same as an SQL fragment, by itself or as a common table expression: a message for each row that `from` yields, or a single one without `from`. It leaves
 * messages that are promised already as they are. `urgency` 1 is for mass messages, which may wait.
 */
export const enqueueSql = (promised: { key: string | SQL; message: MessageSql; dueAt: Date; from?: SQL; urgency?: 0 | 1 }): SQL => sql`
  insert into outbox (id, dedupe_key, message, urgency, due_at)
  select ${setIdSql()}, ${is(promised.key, SQL) ? promised.key : sql`${promised.key}::text`}, ${messageSql(promised.message)}, ${promised.urgency ?? 0}::int, ${instantSql(promised.dueAt)}
  from ${promised.from ?? sql`(select) as always`}
  on conflict (dedupe_key) do nothing`;

/** Has a message that was sent before sent once more, by its key. A dead letter stays one. */
export async function enqueueAgain(db: Db | Tx, dedupeKey: string, dueAt: Date): Promise<void> {
  await db.execute(
    sql`update outbox set sent_at = null, due_at = ${instantSql(dueAt)} where dedupe_key = ${dedupeKey} and dead_at is null`,
  );
}

/** The message as jsonb: fields that are the same for all rows are built once, the others with each row. */
function messageSql(message: MessageSql): SQL {
  const fields = Object.entries(message);
  const fixed = JSON.stringify(Object.fromEntries(fields.filter(([, value]) => !is(value, SQL))));
  const own = fields.flatMap(([name, value]) => (is(value, SQL) ? [sql`${name}::text`, value] : []));
  return own.length === 0 ? sql`${fixed}::jsonb` : sql`${fixed}::jsonb || jsonb_build_object(${sql.join(own, sql`, `)})`;
}

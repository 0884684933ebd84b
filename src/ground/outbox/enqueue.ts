import type { Tx } from '../db/types.ts';
import type { Message } from './message.ts';
import { outbox } from './outbox.schema.ts';

/** Promises a message. It is sent only if this transaction commits, and once per `dedupeKey`, which says why (`invoice:<paymentId>`). */
export async function enqueue(tx: Tx, dedupeKey: string, message: Message, dueAt: Date): Promise<void> {
  await tx.insert(outbox).values({ dedupeKey, message, dueAt }).onConflictDoNothing();
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import { record } from '../audit/record.ts';
import type { Call, Reply } from '../call.ts';
import { readRows } from '../db/rows.ts';
import { AppError } from '../errors.ts';
import { line } from '../payments/line.ts';

/** Which deposit, and what the person has seen that says so. */
export const TakeBackInput = z.strictObject({ id: z.uuid(), reason: line(2, 200) });

/**
 * Takes back money that was refuted, or given back in Safaricom's portal, everywhere at once: a sale gets its credit note, a booking is no longer held, loans are recomputed, savings go down. The payment is
 * `reversed`. Once, however many ask. Throws `deposit_not_refuted`, and `money_already_moved` when a loan's rest was saved and is gone.
 */
export function takeBackDeposit(
  { db, clock, undoRepayments }: Pick<App, 'db' | 'clock' | 'undoRepayments'>,
  { id, reason }: z.output<typeof TakeBackInput>,
  call: Call,
): Promise<Reply> {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const refuted = sql`select id from deposits where id = ${id}::uuid and taken_back_at is null
      and (refuted_at is not null and confirmed_at is null or reversed_elsewhere_cents = amount_cents and confirmed_at is not null) for update`;
    const [deposit] = await readRows(tx, z.object({ id: z.uuid() }), refuted);
    if (!deposit)
      throw new AppError(
        'deposit_not_refuted',
        'Only money that Safaricom does not know, or that a signed statement shows as given back whole, can be taken back, once: this deposit is none such.',
      );
    await undoRepayments(tx, { depositId: id, reason, call, now });
    await tx.execute(sql`select take_back_1(${id}::uuid, ${now.toISOString()}::timestamptz)`);
    await record(tx, {
      ...{ actor: call.caller.id, action: 'deposit_taken_back', subject: id, requestId: call.requestId, happenedAt: now },
    });
    return { json: { depositId: id, state: 'taken_back' } };
  });
}

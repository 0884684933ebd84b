import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { refusalOf } from '#ground/db/errors.ts';
import { decrypted, inOneBatch, readRows, rowsOf } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { countSlidingSql } from '#ground/limits/count-sliding.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { askSafaricom } from '#mpesa/payments/ask-safaricom.ts';
import { claimByHandSql } from '#mpesa/payments/query-ladder.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { readPayment } from './read-payment.ts';

/** Which payment. */
export const AskPaymentInput = z.strictObject({ id: z.uuid() });

const AN_HOUR = [{ minutes: 60, most: 60 }];

const Claimed = z.object({ id: z.uuid(), checkoutRequestId: decrypted('checkout_request_id') });

/**
 * Asks Safaricom now how the prompts of a payment ended whose end is not known, and settles what it answers, as the ladder does; the task of a prompt that has ended closes. Resolves to the payment as it stands
 * then. Throws `payment_not_found`, `nothing_to_ask`, and `too_many_requests` within ten seconds of the last question or after 60 an hour.
 */
export async function askPayment(app: App, { id }: z.output<typeof AskPaymentInput>, { caller, requestId }: Call) {
  await readPayment(app, id);
  const claimed = await claim(app, id, { caller, requestId });
  if (claimed.length === 0) await explainNone(app, id);
  const prompts = await Promise.all(claimed.map(async (attempt) => ({ attemptId: attempt.id, answer: await askSafaricom(app, attempt) })));
  await closeResolved(app, claimed, caller.id);
  return { prompts, payment: await readPayment(app, id) };
}

/** Closes what a person had to look at about prompts that have ended now. */
const closeResolved = ({ db, clock }: App, asked: { id: string }[], closedBy: string) =>
  db.execute(
    closeTasksSql({
      ...{ kinds: ['attempt_unresolved'], subjects: asked.map(({ id }) => id), closedAt: clock.now(), closedBy },
      when: sql`exists (select from attempts a where a.id::text = subject and a.state in ('paid', 'failed'))`,
      note: 'Safaricom has said how it ended.',
    }),
  );

async function claim({ db, clock }: App, paymentId: string, { caller, requestId }: Pick<Call, 'caller' | 'requestId'>) {
  const now = clock.now();
  const claims = sql`
    with claimed as (${claimByHandSql(paymentId, now)}), audited as (${recordSql({
      ...{ actor: caller.id, action: 'payment_asked', subject: sql`${paymentId}::text`, requestId, happenedAt: now },
      from: sql`(select) as always where exists (select from claimed)`,
    })})
    select id, checkout_request_id from claimed`;
  try {
    const [, claimed] = await inOneBatch(db, [countSlidingSql(`ask-payment:${caller.id}`, AN_HOUR, 'too_many_requests', now), claims]);
    return rowsOf(Claimed, claimed?.rows);
  } catch (error) {
    if (refusalOf(error)?.code !== 'too_many_requests') throw error;
    throw new AppError('too_many_requests', 'You have asked 60 times within an hour: the site asks by itself meanwhile.');
  }
}

const Left = z.object({ open: z.boolean(), reached: z.boolean() });

/** Says why nothing can be asked: every prompt has ended, none reached Safaricom, or it was asked a moment ago. */
async function explainNone({ db }: App, paymentId: string): Promise<never> {
  const [left] = await readRows(
    db,
    Left,
    sql`
    select coalesce(bool_or(a.state not in ('paid', 'failed')), false) as open,
      coalesce(bool_or(a.state not in ('paid', 'failed') and a.checkout_request_id is not null), false) as reached
    from attempts a where a.payment_id = ${paymentId}::uuid`,
  );
  if (left?.reached) throw new AppError('too_many_requests', 'Safaricom was asked about it some seconds ago: wait ten, and ask again.');
  if (!left?.open) throw new AppError('nothing_to_ask', 'Every prompt of this payment has ended, or there was none: its status says how.');
  throw new AppError(
    'nothing_to_ask',
    'Safaricom never acknowledged this prompt, so it cannot be asked about it: ask about the M-PESA code (POST /api/transaction-status), or import the statement of its day.',
  );
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { subjectOfToken } from '#ground/callback-tokens/callback-token.ts';
import { inOneBatch } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { chooseSql } from '#ground/notify/opt-out.ts';
import { CHANNELS } from '#ground/outbox/message.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** The token of the link in a message, and what is stopped; `stop` false lets it come again. */
export const StopMessagesInput = z.strictObject({
  token: z.string().max(100),
  channels: z.array(z.enum(CHANNELS)).min(1).max(2),
  stop: z.boolean().default(true),
});

/**
 * Stops messages about payments to the phone and the e-mail of the payment that the token was made for, or lets them come again. Invoices and codes for signing in come
 * in any case. Throws `not_found` for a token that is not ours. Safe to repeat.
 */
export async function stopMessages(
  { db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>,
  input: z.output<typeof StopMessagesInput>,
  { caller, requestId }: Call,
) {
  const { token, channels, stop } = input;
  const paymentId = subjectOfToken(config.callback.tokenKeys, 'messages', token);
  if (!paymentId) throw new AppError('not_found', 'This link is not complete: open it from the message again.');
  const now = clock.now();
  const hashes = {
    sms: sql`select p.phone_hash from payments p where p.id = ${paymentId}::uuid
      union select d.payer_hash from payments p join deposits d on d.id = p.counted_deposit_id where p.id = ${paymentId}::uuid and d.payer_hash is not null`,
    email: sql`select p.email_hash from payments p where p.id = ${paymentId}::uuid and p.email_hash is not null`,
  };
  const action = stop ? 'customer_messages_stopped' : 'customer_messages_resumed';
  await inOneBatch(db, [
    ...channels.map((channel) => chooseSql(channel, hashes[channel], { stop, now })),
    recordSql({
      ...{ actor: caller.id, action, subject: sql`${paymentId}::text`, requestId, happenedAt: now, from: sql`(select) as always` },
      after: sql`jsonb_build_object('channels', ${JSON.stringify(channels)}::jsonb)`,
    }),
  ]);
  return { stopped: stop, channels };
}

import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { claimedSubject, makeCallbackToken, subjectOfToken } from '#ground/callback-tokens/callback-token.ts';
import type { Config } from '#ground/config/config.ts';
import { refusalOf } from '#ground/db/errors.ts';
import { inOneBatch, readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { countSlidingSql } from '#ground/limits/count-sliding.ts';
import { chooseSql } from '#ground/notify/opt-out.ts';
import { addressHash } from '#ground/notify/unreachable.ts';
import { CHANNELS } from '#ground/outbox/message.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** The token of the link in a message; `stop` false lets them come again. */
export const StopMessagesInput = z.strictObject({ token: z.string().max(100), stop: z.boolean().default(true) });

const AN_HOUR = [{ minutes: 60, most: 10 }];

const Address = z.object({ channel: z.enum(CHANNELS), hash: z.string() });
type Address = z.output<typeof Address>;

const kindOf = ({ channel, hash }: Address) => `messages-${channel}:${hash}` as const;

/** The token of the link in a message about a payment: with it the messages to that one address are stopped, and to no other of the payment. */
export const stopTokenOf = (
  { callback }: Pick<Config, 'callback'>,
  paymentId: string,
  { channel, address }: { channel: Address['channel']; address: string },
): string => makeCallbackToken(callback.tokenKeys, kindOf({ channel, hash: addressHash(channel, address) }), paymentId);

/**
 * Stops messages about payments to the phone or the e-mail that the message with this token went to, or lets them come again. Invoices and codes for signing in come
 * in any case. Throws `not_found` for a token that is not ours, `too_many_requests`. Safe to repeat.
 */
export async function stopMessages(
  { db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>,
  { token, stop }: z.output<typeof StopMessagesInput>,
  { caller, requestId }: Call,
) {
  const paymentId = claimedSubject(token);
  const addresses = paymentId ? await readRows(db, Address, addressesSql(paymentId)) : [];
  const address = addresses.find((one) => subjectOfToken(config.callback.tokenKeys, kindOf(one), token) !== undefined);
  if (!paymentId || !address) throw new AppError('not_found', 'This link is not complete: open it from the message again.');
  const now = clock.now();
  const { channel, hash } = address;
  const action = stop ? 'customer_messages_stopped' : 'customer_messages_resumed';
  const write = inOneBatch(db, [
    countSlidingSql(`stop-messages:${paymentId}`, AN_HOUR, 'too_many_requests', now),
    sql`with changed as (${chooseSql(channel, sql`select ${hash}::text`, { stop, now })} returning true)
      ${recordSql({
        ...{ actor: caller.id, action, subject: sql`${paymentId}::text`, requestId, happenedAt: now, from: sql`changed` },
        after: sql`jsonb_build_object('channel', ${channel}::text)`,
      })}`,
  ]);
  await write.catch((error: unknown) => {
    if (refusalOf(error)?.code !== 'too_many_requests') throw error;
    throw new AppError('too_many_requests', 'These messages were stopped and let through ten times within an hour: try again in an hour.');
  });
  return { stopped: stop, channel };
}

/** All addresses to which messages about a payment may have gone: its e-mail, the phones that were prompted, and who paid. */
const addressesSql = (paymentId: string): SQL => sql`
  select 'email' as channel, p.email_hash as hash from payments p where p.id = ${paymentId}::uuid and p.email_hash is not null
  union select 'sms', p.phone_hash from payments p where p.id = ${paymentId}::uuid and p.phone_hash is not null
  union select 'sms', a.phone_hash from attempts a where a.payment_id = ${paymentId}::uuid
  union select 'sms', d.payer_hash from deposits d where d.payment_id = ${paymentId}::uuid and d.payer_hash is not null`;

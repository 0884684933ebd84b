import { type SQL, sql } from 'drizzle-orm';
import { AsItStands, Replay } from '#ground/answers.ts';
import type { Call } from '#ground/call.ts';
import { callSql, callText } from '#ground/db/call-function.ts';
import { newId } from '#ground/db/columns.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import { refusalOf } from '#ground/db/errors.ts';
import { rowOf } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { answerOfUsedKey, keepAnswerSql } from '#ground/idempotency/answer-once.ts';
import { countSlidingSql } from '#ground/limits/count-sliding.ts';
import { networkHash } from '#ground/limits/network.ts';
import { drawReferences } from '#ground/references/reference.ts';
import { sealedMetadata } from '#mpesa/payments/metadata.ts';
import { limitsParam } from '#mpesa/payments/prompt-limits.ts';
import { refusalError } from '#mpesa/payments/refusals.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { requireRight } from '#people/auth/rights.ts';
import type { CreateBookingInput } from './create-booking-input.ts';
import { BookingRow, presentBooking, readBookingSql, showBooking } from './present-booking.ts';

const DEFAULT_HOURS = 24;

// p_sku, p_payment, p_references, p_booking, p_network, p_limits, p_actor, p_request_id, p_scope, p_key, p_fingerprint, p_now
const CREATE = callText('create_booking_2', [
  ...['text', 'jsonb', 'text[]', 'jsonb', 'text', 'jsonb', 'text', 'text'],
  ...['text', 'text', 'text', 'timestamptz'],
]);

/**
 * Makes a booking and the payment of its fee, by the price list, in one round trip: create-booking.sql has the rule. The customer then pays by a prompt (`bookingId`) or at
 * the paybill with the reference. Repeated with the same Idempotency-Key it answers the same bytes. Throws what its limits, the price list and the key refuse.
 */
export async function createBooking(app: App, input: CreateBookingInput, call: Call) {
  const { externalReference, providerPhoneNumber, expiresInHours, autoResolve } = input;
  if (externalReference ?? providerPhoneNumber ?? expiresInHours ?? autoResolve) requireRight(call.caller, ['bookings:write']);
  const isStaff = call.caller.scopes.includes('bookings:write');
  const now = app.clock.now();
  const id = newId();
  const params = [
    ...[input.sku, paymentRow(id, input, call), drawReferences('BK'), bookingRow(input, now)],
    ...[isStaff ? null : networkHash(call.address), limitsParam(app.config.limits), call.caller.id, call.requestId],
    ...[call.key?.scope ?? null, call.key?.key ?? null, call.key?.fingerprint ?? null, now.toISOString()],
  ];
  try {
    const [, made] = await app.db.batch([
      app.db.execute(callSql(CREATE, params)),
      app.db.execute(readBookingSql(id)),
      app.db.execute(countMailSql(app, input, { counts: !isStaff, now })),
    ]);
    const booking = presentBooking(rowOf(BookingRow, made.rows), isStaff);
    if (call.key) await app.db.execute(keepAnswerSql(id, call.key.status, booking));
    return booking;
  } catch (error) {
    return answerRefusal(app, error, isStaff);
  }
}

/**
 * Counts a visitor's booking against its e-mail address, as prompts are counted against their phone: nobody has a stranger's address written to on and on. After the key of a
 * repeat was found, in the same transaction.
 */
const countMailSql = ({ config }: App, { email }: CreateBookingInput, { counts, now }: { counts: boolean; now: Date }): SQL =>
  countSlidingSql(
    `booking-mail:${email === undefined ? '' : lookupHash(email.toLowerCase())}`,
    config.limits.promptsPerPhone,
    'too_many_bookings',
    now,
    sql`${counts && email !== undefined}::boolean`,
  );

const paymentRow = (
  id: string,
  { externalReference, metadata, language, phoneNumber, email, name }: CreateBookingInput,
  { caller }: Call,
) =>
  JSON.stringify({
    ...{ id, purpose: 'booking_fee', subject: id, caller: caller.id, external_reference: externalReference, language },
    ...{ phone: encrypt(phoneNumber, 'phone'), phone_hash: lookupHash(phoneNumber), metadata_sealed: sealedMetadata(metadata) },
    ...(email && { email: encrypt(email, 'email'), email_hash: lookupHash(email.toLowerCase()) }),
    ...(name !== undefined && { name: encrypt(name, 'name') }),
  });

function bookingRow({ providerPhoneNumber: provider, expiresInHours, autoResolve }: CreateBookingInput, now: Date): string {
  const expiresAt = new Date(now.getTime() + (expiresInHours ?? DEFAULT_HOURS) * 3_600_000);
  return JSON.stringify({
    expires_at: expiresAt.toISOString(),
    ...(provider !== undefined && { provider_phone: encrypt(provider, 'provider_phone'), provider_phone_hash: lookupHash(provider) }),
    auto_to: autoResolve && ('to' in autoResolve ? autoResolve.to : 'payer'),
    auto_keep_cents: autoResolve && 'keep' in autoResolve ? autoResolve.keep?.toString() : undefined,
    auto_after_hours: autoResolve?.afterHours,
  });
}

async function answerRefusal(app: App, error: unknown, isStaff: boolean) {
  const refusal = refusalOf(error);
  if (!refusal) throw error;
  if (refusal.code === 'external_reference_used')
    throw new AppError(refusal.code, 'A booking or payment with this externalReference exists.');
  if (refusal.code !== 'key_used') throw refusalError(refusal.code, refusal.detail);
  const used = answerOfUsedKey(refusal.detail);
  if (used instanceof Replay) return used;
  return new AsItStands(await showBooking(app.db, used.subjectId, isStaff));
}

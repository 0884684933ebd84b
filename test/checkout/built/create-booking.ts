import { type SQL, sql } from 'drizzle-orm';
import type { App } from '../../../src/app.ts';
import { recordSql } from '../../../src/audit/record.ts';
import { requireRight } from '../../../src/auth/rights.ts';
import { bookings } from '../../../src/bookings/bookings.schema.ts';
import type { CreateBookingInput } from '../../../src/bookings/create-booking-input.ts';
import { BookingRow, presentBooking, readBookingSql, showBooking } from '../../../src/bookings/present-booking.ts';
import type { Call, Reply } from '../../../src/call.ts';
import { newId } from '../../../src/db/columns.ts';
import { lookupHash } from '../../../src/db/encryption.ts';
import { refusalOf, violatedConstraint } from '../../../src/db/errors.ts';
import { AppError } from '../../../src/errors.ts';
import { answerOfUsedKey, REPLAYED } from '../../../src/idempotency/answer-once.ts';
import { payments } from '../../../src/payments/payments.schema.ts';
import { refusalError } from '../../../src/payments/refusals.ts';
import { newReference } from '../../../src/references/reference.ts';
import { claimKeySql, storeAnswerSql } from './claim-key.ts';
import { countBookingSql } from './prompt-limits.ts';
import { isReferenceUsed } from './reference-used.ts';

const sealedMetadata = (metadata: CreateBookingInput['metadata']): SQL =>
  metadata ? sql`${sql.param(JSON.stringify(metadata), payments.metadataSealed)}` : sql`null`;

const DEFAULT_HOURS = 24;

/**
 * Makes a booking and the payment of its fee, by the price list, in one round trip; the customer then pays by a prompt (`bookingId`) or at the paybill with the
 * reference. Repeated with the same Idempotency-Key it answers the same bytes. Throws what its limits, the price list and the key refuse.
 */
export async function createBooking(app: App, input: CreateBookingInput, call: Call): Promise<Reply> {
  const { externalReference, providerPhoneNumber, expiresInHours, autoResolve } = input;
  if (externalReference ?? providerPhoneNumber ?? expiresInHours ?? autoResolve) requireRight(call.caller, ['bookings:write']);
  const isStaff = call.caller.scopes.includes('bookings:write');
  const now = app.clock.now();
  const id = newId();
  const statements = [
    ...(call.key ? [claimKeySql(call.key, { attemptId: id, paymentId: id }, now)] : []),
    insertPaymentSql(app, id, input, call, now),
    insertBookingSql(id, input, now),
    auditSql(id, call, now),
    ...(isStaff
      ? []
      : countBookingSql({ phoneHash: lookupHash(input.phoneNumber), address: call.address, limits: app.config.limits, now })),
    readBookingSql(id),
  ];
  const [first, ...rest] = statements.map((statement) => app.db.execute(statement));
  if (!first) throw new Error('A batch has at least one statement.');
  try {
    const results = await app.db.batch([first, ...rest]);
    const text = JSON.stringify(presentBooking(BookingRow.parse(results.at(-1)?.rows[0]), isStaff));
    if (call.key) await app.db.execute(storeAnswerSql(id, { status: 201, text }));
    return { status: 201, text };
  } catch (error) {
    if (violatedConstraint(error) === 'payments_reference_unique') return createBooking(app, input, call); // two in 34 thousand million: draw again
    return answerRefusal(app, error, isStaff);
  }
}

const auditSql = (id: string, { caller, requestId }: Call, now: Date): SQL =>
  recordSql({
    ...{ actor: caller.id, action: 'booking_created', subject: sql`b.id::text`, requestId, happenedAt: now },
    ...{ before: sql`null::jsonb`, after: sql`jsonb_build_object('amountCents', p.amount_cents::text, 'autoTo', b.auto_to)` },
    from: sql`bookings b join payments p on p.id = b.id where b.id = ${id}::uuid`,
  });

function insertPaymentSql({ config }: App, id: string, input: CreateBookingInput, { caller }: Call, now: Date): SQL {
  const { minCents, maxCents } = config.limits;
  const orNull = (value: string | undefined, column: typeof payments.email | typeof payments.name) =>
    value === undefined ? sql`null` : sql`${sql.param(value, column)}`;
  return sql`
  with quote as (
    select i.*, (i.price_cents + 99) / 100 * 100 as amount_cents from (select) as always
    left join items i on i.sku = ${input.sku} and i.kind = 'booking_fee' and i.active
  )
  insert into payments (id, reference, purpose, subject, caller, external_reference, metadata_sealed, lines, language, phone, phone_hash, email, email_hash, name,
    owed_cents, amount_cents, status, created_at)
  select ${id}::uuid, ${newReference('BK')}, 'booking_fee', ${id}, ${caller.id}, ${input.externalReference ?? null},
    ${sealedMetadata(input.metadata)},
    jsonb_build_array(jsonb_build_object('sku', sku, 'name', name, 'kind', kind, 'quantity', 1, 'unitCents', price_cents::text, 'grossCents', price_cents::text,
      'vatClass', vat_class)),
    ${input.language}, ${sql.param(input.phoneNumber, payments.phone)}, ${lookupHash(input.phoneNumber)}, ${orNull(input.email, payments.email)},
    ${input.email ? lookupHash(input.email.toLowerCase()) : null}, ${orNull(input.name, payments.name)}, price_cents, amount_cents, 'pending',
    ${now.toISOString()}::timestamptz
  from quote
  where case
    when sku is null then refuse('unknown_item', jsonb_build_object('skus', array[${input.sku}::text]))
    when amount_cents not between ${minCents.toString()}::bigint and ${maxCents.toString()}::bigint then refuse('amount_out_of_range', jsonb_build_object('owedCents', amount_cents::text))
    else true end`;
}

function insertBookingSql(id: string, { providerPhoneNumber: provider, expiresInHours, autoResolve }: CreateBookingInput, now: Date): SQL {
  const expiresAt = new Date(now.getTime() + (expiresInHours ?? DEFAULT_HOURS) * 3_600_000);
  const autoTo = autoResolve && ('to' in autoResolve ? autoResolve.to : 'payer');
  const keepCents = autoResolve && 'keep' in autoResolve ? autoResolve.keep?.toString() : undefined;
  return sql`
  insert into bookings (id, state, provider_phone, provider_phone_hash, expires_at, auto_to, auto_keep_cents, auto_after_hours)
  values (${id}::uuid, 'created', ${provider === undefined ? sql`null` : sql`${sql.param(provider, bookings.providerPhone)}`},
    ${provider === undefined ? null : lookupHash(provider)}, ${expiresAt.toISOString()}::timestamptz, ${autoTo ?? null}, ${keepCents ?? null}::bigint,
    ${autoResolve?.afterHours ?? null}::int)`;
}

async function answerRefusal(app: App, error: unknown, isStaff: boolean): Promise<Reply> {
  if (isReferenceUsed(error)) throw new AppError('external_reference_used', 'A booking or payment with this externalReference exists.');
  const refusal = refusalOf(error);
  if (!refusal) throw error;
  if (refusal.code !== 'key_used') throw refusalError(refusal.code, refusal.detail);
  const used = answerOfUsedKey(refusal.detail);
  if ('text' in used) return used;
  return { json: await showBooking(app.db, used.paymentId, isStaff), headers: REPLAYED };
}

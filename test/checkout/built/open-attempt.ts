import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '../../../src/audit/record.ts';
import { newId } from '../../../src/db/columns.ts';
import { lookupHash } from '../../../src/db/encryption.ts';
import { violatedConstraint } from '../../../src/db/errors.ts';
import { bigintText } from '../../../src/db/rows.ts';
import type { Db } from '../../../src/db/types.ts';
import type { Metadata } from '../../../src/payments/metadata.ts';
import { payments } from '../../../src/payments/payments.schema.ts';
import type { QuoteInput } from '../../../src/payments/purpose.ts';
import { newReference } from '../../../src/references/reference.ts';
import { claimKeySql, type IdempotencyKey } from './claim-key.ts';
import { countPromptSql, type PromptLimits } from './prompt-limits.ts';

type Purpose = { quote(input: QuoteInput): SQL };

const sealedMetadata = (metadata: Metadata | undefined): SQL =>
  metadata ? sql`${sql.param(JSON.stringify(metadata), payments.metadataSealed)}` : sql`null`;

/** How long a prompt can be answered: Safaricom gives up after about a minute. */
const LIVE_SECONDS = 75;

/** How long M-PESA may still take the PIN that was entered late: until then a query's failure is final for few codes only. */
const PAYABLE_SECONDS = 180;

/** A payment to open: for which purpose, priced by the server; who pays, in which language, and what the caller wants echoed. */
export type NewPayment = {
  type: string;
  purpose: Purpose;
  quote: QuoteInput;
  expectedCents?: bigint | undefined;
  caller: string;
  externalReference?: string | undefined;
  metadata?: Metadata | undefined;
  language: 'en' | 'sw';
  email?: string | undefined;
  name?: string | undefined;
};

/** A prompt to send: for a new payment, or once more for one that was not paid (of that `type`, if one is named), when its purpose's `checks` allow it. */
export type Intent = {
  payment: NewPayment | { id: string; type?: string | undefined; checks: SQL[] };
  phone: string;
  /** Where the request came from; nothing for the holder of an API key, whose customers all come from one server. */
  address: string | undefined;
  /** Who asks, and in which request. */
  actor: string;
  requestId: string;
  key?: IdempotencyKey | undefined;
  limits: PromptLimits & { minCents: bigint; maxCents: bigint };
};

const Opened = z.object({
  id: z.uuid(),
  reference: z.string(),
  amountCents: bigintText,
  language: z.enum(['en', 'sw']),
  earlierMayBePaid: z.boolean(),
});

/** The attempt that was written, and the row of a statement that rode along in the same round trip. */
export type OpenedAttempt = { attemptId: string; payment: z.output<typeof Opened>; liveUntil: Date; passenger: unknown[] | undefined };

/**
 * Writes a payment and its attempt before Safaricom hears of them: key, price, limits and locks in one batch, one round trip. Whatever refuses raises
 * `refuse(code, detail)` in the database and consumes nothing. `passenger` is a statement that wants to share the round trip.
 */
export async function openAttempt(db: Db, intent: Intent, now: Date, passenger?: SQL): Promise<OpenedAttempt> {
  const attemptId = newId();
  const paymentId = 'id' in intent.payment ? intent.payment.id : newId();
  const phoneHash = lookupHash(intent.phone);
  const liveUntil = new Date(now.getTime() + LIVE_SECONDS * 1000);
  const at = sql`${now.toISOString()}::timestamptz`;

  const owed =
    'id' in intent.payment
      ? [lockPaymentSql(paymentId), checkRetrySql(paymentId, intent.payment.type, at), ...intent.payment.checks]
      : [insertPaymentSql(intent.payment, intent, { paymentId, attemptId, phoneHash, at })];
  const statements = [
    ...(intent.key ? [claimKeySql(intent.key, { attemptId, paymentId }, now)] : []),
    ...owed,
    sql`update attempts set live = false where live and live_until <= ${at} and (phone_hash = ${phoneHash} or payment_id = ${paymentId}::uuid)`,
    insertAttemptSql({ attemptId, paymentId, phoneHash, phoneTail: intent.phone.slice(-3), at, liveUntil }),
    ...countPromptSql({ phoneHash, address: intent.address, limits: intent.limits, now }),
    recordSql({
      ...{ actor: intent.actor, action: 'payment_requested', subject: sql`id::text`, requestId: intent.requestId, happenedAt: now },
      ...{ before: sql`null::jsonb`, after: sql`jsonb_build_object('attemptId', ${attemptId}::text, 'amountCents', amount_cents::text)` },
      from: sql`payments where id = ${paymentId}::uuid`,
    }),
    sql`update payments set latest_attempt_id = ${attemptId}::uuid, status = 'pending', failure_code = null where id = ${paymentId}::uuid
      returning id, reference, amount_cents as "amountCents", language, exists (select from attempts a where a.payment_id = ${paymentId}::uuid
        and a.id <> ${attemptId}::uuid and a.state in ('requested', 'pending', 'unknown') and a.payable_until > ${at}) as "earlierMayBePaid"`,
    ...(passenger ? [passenger] : []),
  ];
  const [first, ...rest] = statements.map((statement) => db.execute(statement));
  if (!first) throw new Error('A batch has at least one statement.');
  const results = await db.batch([first, ...rest]).catch((error: unknown) => {
    if (violatedConstraint(error) === 'payments_reference_unique') return undefined; // two in 34 thousand million: draw again
    throw error;
  });
  if (!results) return openAttempt(db, intent, now, passenger);
  const opened = results.at(passenger ? -2 : -1)?.rows[0];
  return { attemptId, payment: Opened.parse(opened), liveUntil, passenger: passenger ? results.at(-1)?.rows : undefined };
}

function insertPaymentSql(
  payment: NewPayment,
  intent: Intent,
  made: { paymentId: string; attemptId: string; phoneHash: string; at: SQL },
): SQL {
  const { minCents, maxCents } = intent.limits;
  const expected = sql`${payment.expectedCents?.toString() ?? null}::bigint`;
  const encryptedOrNull = (value: string | undefined, column: typeof payments.email | typeof payments.name) =>
    value === undefined ? sql`null` : sql`${sql.param(value, column)}`;
  return sql`
  with quote as (
    select *, (owed_cents + 99) / 100 * 100 as amount_cents from (${payment.purpose.quote(payment.quote)}) quoted
  )
  insert into payments (id, reference, purpose, subject, caller, external_reference, metadata_sealed, lines, language, phone, phone_hash, email, email_hash, name,
    owed_cents, amount_cents, status, latest_attempt_id, created_at)
  select ${made.paymentId}::uuid, ${newReference('PY')}, ${payment.type}, ${payment.quote.subject ?? null}, ${payment.caller}, ${payment.externalReference ?? null},
    ${sealedMetadata(payment.metadata)}, lines, ${payment.language},
    ${sql.param(intent.phone, payments.phone)}, ${made.phoneHash}, ${encryptedOrNull(payment.email, payments.email)},
    ${payment.email ? lookupHash(payment.email.toLowerCase()) : null}, ${encryptedOrNull(payment.name, payments.name)},
    owed_cents, amount_cents, 'pending', ${made.attemptId}::uuid, ${made.at}
  from quote
  where case
    when refusal is not null then refuse(refusal, refusal_detail)
    when amount_cents not between ${minCents.toString()}::bigint and ${maxCents.toString()}::bigint then refuse('amount_out_of_range', jsonb_build_object('owedCents', amount_cents::text))
    when ${expected} <> amount_cents then refuse('amount_mismatch', jsonb_build_object('owedCents', amount_cents::text))
    else true end`;
}

const lockPaymentSql = (paymentId: string): SQL => sql`select from payments where id = ${paymentId}::uuid for update`;

const checkRetrySql = (paymentId: string, type: string | undefined, at: SQL): SQL => sql`
  select case
    when p.id is null then refuse('payment_not_found')
    when p.status in ('paid', 'reversed', 'refunded') then refuse('already_paid', jsonb_build_object('paymentId', p.id))
    when exists (select from attempts a where a.payment_id = p.id and a.state in ('requested', 'pending', 'unknown') and a.live_until <= ${at}
      and a.checkout_request_id is not null and a.queried_at is null) then refuse('still_checking', jsonb_build_object('paymentId', p.id))
    else true end
  from (select) as always left join payments p on p.id = ${paymentId}::uuid and p.purpose = coalesce(${type ?? null}::text, p.purpose)`;

const insertAttemptSql = (a: {
  attemptId: string;
  paymentId: string;
  phoneHash: string;
  phoneTail: string;
  at: SQL;
  liveUntil: Date;
}): SQL => sql`
  with opened as (
    insert into attempts (id, payment_id, phone_hash, phone_tail, amount_cents, state, live_until, payable_until, query_due_at, created_at)
    select ${a.attemptId}::uuid, p.id, ${a.phoneHash}, ${a.phoneTail}, p.amount_cents, 'requested', ${a.liveUntil.toISOString()}::timestamptz,
      ${a.at} + ${PAYABLE_SECONDS} * interval '1 second', ${a.at} + interval '15 seconds', ${a.at}
    from payments p where p.id = ${a.paymentId}::uuid
    on conflict do nothing -- one live prompt per phone and per payment
    returning id
  )
  select case when exists (select from opened) then true else refuse('prompt_open') end`;

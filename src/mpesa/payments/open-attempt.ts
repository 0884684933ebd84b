import type { SQL } from 'drizzle-orm';
import * as z from 'zod';
import { callSql, callText, placeholders } from '#ground/db/call-function.ts';
import { newId } from '#ground/db/columns.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import { bigintText, instant } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import type { IdempotencyKey } from '#ground/idempotency/answer-once.ts';
import { networkHash } from '#ground/limits/network.ts';
import { drawReferences } from '#ground/references/reference.ts';
import { LANGUAGES, type Language } from '#ground/text/language.ts';
import type { Purpose, Quote, QuoteInput } from '../wiring/purpose.ts';
import { type Metadata, sealedMetadata } from './metadata.ts';
import { limitsParam, type PromptLimits } from './prompt-limits.ts';

/** A payment to open: its purpose, priced by the server; who pays, in which language, and what the caller wants echoed. */
export type NewPayment = {
  type: string;
  purpose: Purpose;
  quote: QuoteInput;
  expectedCents?: bigint | undefined;
  caller: string;
  externalReference?: string | undefined;
  metadata?: Metadata | undefined;
  language: Language;
  email?: string | undefined;
  name?: string | undefined;
};

/** A prompt to send: for a new payment, or again for one that was not paid (of `type`, where given). */
export type Intent = {
  payment: NewPayment | { id: string; type?: string | undefined };
  phone: string;
  /** The client's network; none for an API key, whose customers all come from one server. */
  address: string | undefined;
  actor: string;
  requestId: string;
  key?: IdempotencyKey | undefined;
  limits: PromptLimits;
};

const Opened = z.object({
  id: z.uuid(),
  reference: z.string(),
  amountCents: bigintText,
  language: z.enum(LANGUAGES),
  liveUntil: instant,
  earlierMayBePaid: z.boolean(),
});

/** The attempt that was written, and the row of the passenger statement. */
export type OpenedAttempt = {
  attemptId: string;
  payment: Omit<z.output<typeof Opened>, 'liveUntil'>;
  liveUntil: Date;
  passenger: unknown[] | undefined;
};

// p_attempt, p_phone_hash, p_phone_tail, p_network, p_limits, p_actor, p_request_id, p_scope, p_key, p_fingerprint, p_now
const PROMPT = ['uuid', 'text', 'text', 'text', 'jsonb', 'text', 'text', 'text', 'text', 'text', 'timestamptz'];

// p_payment, p_type, then as above
const OPEN_AGAIN = callText('open_again_2', ['uuid', 'text', ...PROMPT]);

// the quote's own, p_payment, p_references, p_expected, then as above
const openBy = (quote: Quote['by']) =>
  `select o.* from ${quote}($1::jsonb) q, open_payment_2(q.owed_cents, q.lines, q.refusal, q.refusal_detail, ${placeholders(['jsonb', 'text[]', 'bigint', ...PROMPT], 2)}) o`;
const OPEN: Record<Quote['by'], string> = {
  quote_order_1: openBy('quote_order_1'),
  quote_standing_1: openBy('quote_standing_1'),
};

/**
 * Writes a payment and its attempt before Safaricom hears of them: key, price, limits and locks in one round trip; open-attempt.sql has the
 * rule. A refusal is raised in the database (`refuse(code, detail)`) and consumes nothing. `passenger` is a statement that shares the round
 * trip.
 */
export async function openAttempt(db: Db, intent: Intent, now: Date, passenger?: SQL): Promise<OpenedAttempt> {
  const attemptId = newId();
  const { phone, address, actor, requestId, key, limits, payment } = intent;
  const prompt = [
    ...[attemptId, lookupHash(phone), phone.slice(-3), address === undefined ? null : networkHash(address), limitsParam(limits)],
    ...[actor, requestId, key?.scope ?? null, key?.key ?? null, key?.fingerprint ?? null, now.toISOString()],
  ];
  const [text, params] = 'id' in payment ? [OPEN_AGAIN, [payment.id, payment.type ?? null, ...prompt]] : openNew(payment, phone, prompt);
  const [opened, carried] = await send(db, text, params, passenger);
  const { liveUntil, ...row } = Opened.parse(opened[0]);
  return { attemptId, payment: row, liveUntil, passenger: carried };
}

function openNew(payment: NewPayment, phone: string, prompt: unknown[]): [text: string, params: unknown[]] {
  const { type, purpose, quote: wanted, expectedCents, caller, externalReference, metadata, language, email, name } = payment;
  const { by, asked } = purpose.quote(wanted);
  const row = {
    ...{ id: newId(), purpose: type, subject: wanted.subject, caller, external_reference: externalReference, language },
    ...{ phone: encrypt(phone, 'phone'), phone_hash: lookupHash(phone), metadata_sealed: sealedMetadata(metadata) },
    ...(email && { email: encrypt(email, 'email'), email_hash: lookupHash(email.toLowerCase()) }),
    ...(name !== undefined && { name: encrypt(name, 'name') }),
  };
  const own = [JSON.stringify(asked), JSON.stringify(row), drawReferences('PY'), expectedCents?.toString() ?? null];
  return [OPEN[by], [...own, ...prompt]];
}

async function send(db: Db, text: string, params: unknown[], passenger?: SQL): Promise<[opened: unknown[], carried?: unknown[]]> {
  if (!passenger) return [await db.query(text, params)];
  const [opened, carried] = await db.batch([db.execute(callSql(text, params)), db.execute(passenger)]);
  return [opened.rows, carried.rows];
}

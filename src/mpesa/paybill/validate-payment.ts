import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { readReference } from '#ground/references/reference.ts';
import { isStandingSql } from '#ground/references/standing-reference.ts';
import { type C2bNotice, parseC2bNotice } from '../daraja/parse-c2b.ts';
import { ourNumbers } from '../float/our-numbers.ts';
import type { Core } from '../wiring/app.ts';
import type { Purposes } from '../wiring/purpose.ts';

/** Safaricom waits some 8 seconds for our answer and then does what was registered for that case. We accept before that. */
const PATIENCE_MS = 3_000;

/** An answer to a validation. */
export type ValidationAnswer = { ResultCode: string; ResultDesc: 'Accepted' | 'Rejected' };

/**
 * Answers whether a paybill payment is accepted, in at most one round trip and three seconds; writes nothing. When the database is slow or
 * away the payment is accepted: better to sort out money later than to lose a customer who wanted to pay.
 */
export async function validatePayment(
  { db, config, log, purposes }: Pick<Core, 'db' | 'config' | 'log' | 'purposes'>,
  body: string,
): Promise<ValidationAnswer> {
  const notice = parseC2bNotice(body);
  let waiting: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, refuse) => {
      waiting = setTimeout(() => refuse(new Error('The database took too long.')), PATIENCE_MS);
    });
    const named = notice.reference ? await Promise.race([findNamed(db, purposes, notice.reference), late]) : undefined;
    const code = decideValidation(notice, named, { numbers: ourNumbers(config), unknownReference: config.paybill.unknownReference });
    log.info('c2b_validation', { receipt: notice.transactionId, code: code ?? '0' });
    return code === undefined ? { ResultCode: '0', ResultDesc: 'Accepted' } : { ResultCode: code, ResultDesc: 'Rejected' };
  } catch (error) {
    log.error('c2b_validation_undecided', error, { receipt: notice.transactionId });
    return { ResultCode: '0', ResultDesc: 'Accepted' };
  } finally {
    clearTimeout(waiting);
  }
}

const Found = z.object({
  purpose: z.string().nullable(),
  state: z.string().nullable(),
  amountCents: bigintText.nullable(),
  standing: z.boolean(),
});

/** A payment whose payer chose the amount takes any amount, like the loan or account that it is for. */
async function findNamed(db: Db, purposes: Purposes, typed: string): Promise<Named> {
  const statement = sql`
  select p.purpose, p.state, p.amount_cents, ${isStandingSql(typed)} as standing
  from (select) as always left join payments p on p.reference = ${readReference(typed) ?? null}::text`;
  const [row] = await readRows(db, Found, statement);
  if (!row?.purpose || row.state === null || row.amountCents === null) return row?.standing ? 'standing' : undefined;
  return purposes[row.purpose]?.takesEverything ? 'standing' : { state: row.state, amountCents: row.amountCents };
}

/** Why a payment is refused; the code picks the SMS to the customer. We never judge 11 (phone) and 14 (names). */
export type RefusalCode = 'C2B00012' | 'C2B00013' | 'C2B00015';

/** What a typed reference names: an owed payment, a loan or account that takes money at any time, or nothing. */
export type Named = { state: string; amountCents: bigint } | 'standing' | undefined;

/** The input of the decision besides the notice. */
export type ValidationRules = { numbers: string[]; unknownReference: 'accept' | 'refuse' };

const OPEN = new Set(['pending', 'unknown', 'failed', 'expired']);

/**
 * Decides whether to accept a paybill payment; undefined accepts. It refuses payments to another short code (15), to a payment that is paid
 * already (12), of another amount than is owed (13), and, where so configured, with a reference that names nothing (12). A loan or an
 * account takes any amount, and a till needs no reference. In doubt it accepts: a person can sort it out later, while a refused customer is
 * gone.
 */
function decideValidation(notice: C2bNotice, named: Named, { numbers, unknownReference }: ValidationRules): RefusalCode | undefined {
  if (notice.shortcode !== undefined && !numbers.includes(notice.shortcode)) return 'C2B00015';
  if (named === 'standing') return undefined;
  if (named) {
    if (!OPEN.has(named.state)) return 'C2B00012';
    return notice.amountCents !== undefined && notice.amountCents !== named.amountCents ? 'C2B00013' : undefined;
  }
  const readable = notice.transactionId !== undefined && notice.amountCents !== undefined;
  return readable && notice.kind !== 'till' && unknownReference === 'refuse' ? 'C2B00012' : undefined;
}

import type { C2bNotice } from '../daraja/parse-c2b.ts';

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
export function decideValidation(notice: C2bNotice, named: Named, { numbers, unknownReference }: ValidationRules): RefusalCode | undefined {
  if (notice.shortcode !== undefined && !numbers.includes(notice.shortcode)) return 'C2B00015';
  if (named === 'standing') return undefined;
  if (named) {
    if (!OPEN.has(named.state)) return 'C2B00012';
    return notice.amountCents !== undefined && notice.amountCents !== named.amountCents ? 'C2B00013' : undefined;
  }
  const readable = notice.transactionId !== undefined && notice.amountCents !== undefined;
  return readable && notice.kind !== 'till' && unknownReference === 'refuse' ? 'C2B00012' : undefined;
}

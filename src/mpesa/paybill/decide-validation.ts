import type { C2bNotice } from '../daraja/parse-c2b.ts';

/** Why a payment is refused; the code picks the SMS that the customer gets. 11 (phone) and 14 (names) are never ours to judge. */
export type RefusalCode = 'C2B00012' | 'C2B00013' | 'C2B00015';

/** What a typed reference names: a payment that is owed, a loan or an account that takes money at any time, or nothing. */
export type Named = { status: string; amountCents: bigint } | 'standing' | undefined;

/** What the decision rests on besides the notice. */
export type ValidationRules = { numbers: string[]; unknownReference: 'accept' | 'refuse' };

const OPEN = new Set(['pending', 'unknown', 'failed', 'expired']);

/**
 * Decides whether a paybill payment is wanted; undefined takes it. Refused are another short code's payments (15), a payment that is paid already (12) or of another
 * amount than is owed (13), and only where that is configured a reference that names nothing (12). A loan or an account takes any amount. Whatever is in doubt is
 * taken: a person sorts it out later, while a customer who was refused is gone. A till asks for no reference.
 */
export function decideValidation(notice: C2bNotice, named: Named, { numbers, unknownReference }: ValidationRules): RefusalCode | undefined {
  if (notice.shortcode !== undefined && !numbers.includes(notice.shortcode)) return 'C2B00015';
  if (named === 'standing') return undefined;
  if (named) {
    if (!OPEN.has(named.status)) return 'C2B00012';
    return notice.amountCents !== undefined && notice.amountCents !== named.amountCents ? 'C2B00013' : undefined;
  }
  const readable = notice.transactionId !== undefined && notice.amountCents !== undefined;
  return readable && notice.kind !== 'till' && unknownReference === 'refuse' ? 'C2B00012' : undefined;
}

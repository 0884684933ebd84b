import type { Core } from '../core.ts';
import { type C2bNotice, parseC2bNotice } from '../daraja/parse-c2b.ts';
import { type SettledC2b, settleC2b } from '../payments/settle-c2b.ts';
import { ourNumbers } from './our-numbers.ts';
import { quarantineNotice } from './quarantine-notice.ts';

/** What became of a confirmation: settled, or kept as evidence for a person because it cannot be read or is about another short code. */
export type SettledConfirmation = SettledC2b | { depositId: null; verdict: 'unreadable' | 'other_shortcode'; duplicate: boolean };

/** Settles a C2B confirmation, which cannot be refused: the money is ours already. M-PESA moves whole shillings: another amount is not believed. One round trip; safe to repeat. */
export async function settleConfirmation(core: Pick<Core, 'db' | 'clock' | 'config' | 'log'>, body: string): Promise<SettledConfirmation> {
  const at = { db: core.db, now: core.clock.now() };
  const notice = parseC2bNotice(body);
  const { transactionId, amountCents, shortcode } = notice;
  const settled =
    transactionId === undefined || amountCents === undefined || amountCents % 100n !== 0n || shortcode === undefined
      ? await quarantineNotice(at, body, 'unreadable')
      : !ourNumbers(core.config).includes(shortcode)
        ? await quarantineNotice(at, body, 'other_shortcode')
        : await settleC2b(at, {
            body,
            receipt: transactionId,
            amountCents,
            typedReference: notice.reference ?? '',
            payerName: notice.names || undefined,
            payerPhone: writePayer(notice.phone),
          });
  core.log.info('c2b_confirmation', { receipt: transactionId, verdict: settled.verdict, duplicate: settled.duplicate });
  return settled;
}

/** The payer's phone as text that `readPayer` reads back: in full, by its end, or by its hash. */
function writePayer(phone: C2bNotice['phone']): string | undefined {
  if (phone === undefined) return undefined;
  if ('full' in phone) return phone.full;
  return 'tail' in phone ? `254******${phone.tail}` : phone.sha256;
}

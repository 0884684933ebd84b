import * as z from 'zod';
import { callFunction, callText } from '#ground/db/call-function.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import type { Db } from '#ground/db/types.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { type C2bNotice, parseC2bNotice } from '../daraja/parse-c2b.ts';
import { isDated, receiptDay } from '../daraja/receipt-day.ts';
import { ownAccount } from '../float/our-numbers.ts';
import { payerOf } from '../payments/payer.ts';
import { type C2bDeposit, type SettledC2b, settleC2b } from '../payments/settle-c2b.ts';
import type { Core } from '../wiring/app.ts';

/** The outcome of a confirmation: settled, or kept as evidence with a task because it is unreadable or names another short code. */
export type SettledConfirmation = SettledC2b | { depositId: null; verdict: 'unreadable' | 'other_shortcode'; duplicate: boolean };

type Settling = Pick<Core, 'db' | 'clock' | 'config' | 'log'>;

/** Settles a C2B confirmation, which cannot be refused: if it is true, we have the money. One round trip; safe to repeat. */
export async function settleConfirmation(core: Settling, body: string): Promise<SettledConfirmation> {
  const now = core.clock.now();
  const notice = parseC2bNotice(body);
  const told = readConfirmation(core, notice, body, now);
  const settled =
    typeof told === 'string'
      ? await quarantineNotice({ db: core.db, now }, body, told)
      : await settleC2b({ db: core.db, now, waitForProof: core.config.paybill.waitForProof }, told);
  core.log.info('c2b_confirmation', { receipt: notice.transactionId, verdict: settled.verdict, duplicate: settled.duplicate });
  return settled;
}

/** The told deposit of a confirmation, or why it can book nothing. */
export function readConfirmation(
  { config }: Pick<Core, 'config'>,
  notice: C2bNotice,
  body: string,
  heardAt: Date,
): C2bDeposit | 'unreadable' | 'other_shortcode' {
  const { transactionId, amountCents, shortcode, reference = '', phone, names, at } = notice;
  if (transactionId === undefined || amountCents === undefined || shortcode === undefined) return 'unreadable';
  const account = ownAccount(config, shortcode);
  if (!account) return 'other_shortcode';
  return {
    ...{ body, receipt: transactionId, amountCents, typedReference: reference, payer: payerOf(phone, names || undefined), ...account },
    movedAt: withinReason(at, heardAt),
    dayDiffers: differs(transactionId, at ?? heardAt),
  };
}

const LONGEST_AGO_MS = 3 * 24 * 60 * 60_000;
const ABOUT_MIDNIGHT_MS = 5 * 60_000;

/** M-PESA's time as the value date, limited to the three days before we received the notice. */
const withinReason = (at: Date | undefined, heardAt: Date): Date =>
  new Date(Math.max(Math.min(at?.getTime() ?? heardAt.getTime(), heardAt.getTime()), heardAt.getTime() - LONGEST_AGO_MS));

/** Whether the day that a receipt encodes does not exist, or is not the day of its time (without a readable time: of our receiving it), give or take five minutes at midnight. */
function differs(receipt: string, at: Date): boolean {
  if (!isDated(receipt)) return false;
  const day = receiptDay(receipt);
  const near = [-ABOUT_MIDNIGHT_MS, 0, ABOUT_MIDNIGHT_MS].map((ms) => nairobiDay(new Date(at.getTime() + ms)));
  return day === undefined || !near.includes(day);
}

const QUARANTINE = callText('quarantine_notice_2', ['text', 'text', 'text', 'timestamptz']);

/** Keeps a notice that books nothing as evidence, with a task of its own; `retryNotices` reads it again. One round trip; safe to repeat. */
async function quarantineNotice<Verdict extends string>({ db, now }: { db: Db; now: Date }, body: string, verdict: Verdict) {
  const shape = z.object({ quarantine_notice_2: z.boolean() });
  const kept = await callFunction(db, shape, QUARANTINE, [lookupHash(body), encrypt(body, 'body'), verdict, now.toISOString()]);
  return { depositId: null, verdict, duplicate: !kept.quarantine_notice_2 };
}

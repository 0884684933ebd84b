import * as z from 'zod';
import { callFunction, callText } from '#ground/db/call-function.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import { parseTransactionStatusResult } from '../daraja/parse-transaction-status-result.ts';
import type { Party } from '../daraja/read-party.ts';
import { ourNumbers, ownAccount } from '../float/our-numbers.ts';
import type { Core } from '../wiring/app.ts';
import { provedPayer } from './proved-payer.ts';

const Settled = z.object({
  depositId: z.uuid().nullable(),
  verdict: z.enum(['confirms', 'known', 'unclear', 'other_receipt', 'other_amount', 'other_party', 'not_completed', 'no_deposit']),
});

/**
 * The outcome of a status result, with its result code, which may blame the initiator. `depositId` is set when money can be allocated now.
 */
export type SettledDepositStatus = z.output<typeof Settled> & { resultCode: string | undefined };

// p_deposit, p_body_hash, p_body, p_says, p_receipt, p_amount, p_shortcode, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_finalised_at, p_now
const SETTLE = callText('settle_deposit_status_3', [
  ...['uuid', 'text', 'text', 'text', 'text', 'bigint', 'text'],
  ...['text', 'text', 'text', 'text', 'timestamptz', 'timestamptz'],
]);

const MEANINGS: Record<string, string> = { completed: 'completed', failed: 'not_completed', reversed: 'not_completed' };

/**
 * Settles Safaricom's answer about the receipt of a deposit: a completed transaction with this receipt and amount, to one of our short
 * codes and not from one, proves it. Payer and time are taken from this answer rather than from a notice. A clear contradiction opens a
 * task; after an unclear answer, or one without receipt and amount, Safaricom is asked again. One round trip; safe to repeat, in any order.
 */
export async function settleDepositStatus(
  { db, clock, config, log }: Pick<Core, 'db' | 'clock' | 'config' | 'log'>,
  depositId: string,
  body: string,
): Promise<SettledDepositStatus> {
  const { says, receipt, amountCents, creditParty, debitParty, finalisedAt, resultCode } = parseTransactionStatusResult(body);
  const isNameless = !creditParty || !debitParty || (!creditParty.shortcode && !creditParty.phone);
  const meaning = MEANINGS[says] ?? 'unclear';
  const settled = await callFunction(db, Settled, SETTLE, [
    ...[
      depositId,
      lookupHash(body),
      encrypt(body, 'body'),
      meaning === 'completed' && isNameless ? 'nameless' : meaning,
      receipt ?? null,
      amountCents?.toString() ?? null,
    ],
    ...[creditedAccount(config, creditParty, debitParty)?.shortcode ?? null, ...provedPayer(debitParty)],
    ...[finalisedAt?.toISOString() ?? null, clock.now().toISOString()],
  ]);
  log.info('deposit_status', { depositId, verdict: settled.verdict, resultCode });
  return { ...settled, resultCode };
}

/** Keeps the notice that our question timed out, which says nothing about the receipt: Safaricom is asked again. */
export async function settleDepositStatusTimeout(
  { db, clock, log }: Pick<Core, 'db' | 'clock' | 'log'>,
  depositId: string,
  body: string,
): Promise<z.output<typeof Settled>> {
  const said = `time-out: ${body}`;
  const settled = await callFunction(db, Settled, SETTLE, [
    ...[depositId, lookupHash(said), encrypt(said, 'body'), 'unclear', null, null, null],
    ...[...provedPayer(undefined), null, clock.now().toISOString()],
  ]);
  log.warn('deposit_status_timeout', { depositId, verdict: settled.verdict });
  return settled;
}

/** Our account that was paid: one of our short codes was credited, and none of them debited. Undefined otherwise, and where a party is missing or unreadable. */
export function creditedAccount(config: Parameters<typeof ownAccount>[0], creditParty: Party | undefined, debitParty: Party | undefined) {
  if (!creditParty?.shortcode || !debitParty) return undefined;
  if (debitParty.shortcode !== undefined && ourNumbers(config).includes(debitParty.shortcode)) return undefined;
  return ownAccount(config, creditParty.shortcode);
}

import { parseReversalResult } from '../daraja/parse-reversal-result.ts';
import type { Core } from '../wiring/app.ts';
import { type SettledWithdrawal, settleWithdrawal } from './settle-withdrawal.ts';

const ALREADY_REVERSED = 'R000001'; // Daraja, Reversal

/**
 * Settles the result that Safaricom posted to a reversal's own address. "Already reversed" means that the money has left, by an earlier
 * request or by hand (settle-withdrawal.sql decides which). One round trip.
 */
export async function settleReversalResult(
  core: Core,
  withdrawalId: string,
  body: string,
): Promise<SettledWithdrawal & { resultCode: string | undefined }> {
  const { says, receipt, amountCents, resultCode, originalReceipt, originatorConversationId, conversationId, completedAt } =
    parseReversalResult(body);
  const meaning = { done: 'paid', failed: 'failed', unclear: 'unclear' } as const;
  const settled = await settleWithdrawal(
    { db: core.db, now: core.clock.now() },
    {
      withdrawalId,
      source: 'reversal',
      body,
      says: resultCode === ALREADY_REVERSED ? 'paid' : meaning[says],
      receipt,
      amountCents,
      resultCode,
      originalReceipt,
      originatorId: originatorConversationId,
      conversationId,
      shortcode: core.config.mpesa.shortcode,
      movedAt: completedAt,
    },
  );
  core.log.info('reversal_result', { withdrawalId, verdict: settled.verdict, resultCode });
  return { ...settled, resultCode };
}

/** Keeps Safaricom's notice of a reversal's time-out, which proves nothing. */
export async function settleReversalTimeout(core: Core, withdrawalId: string, body: string): Promise<SettledWithdrawal> {
  const settled = await settleWithdrawal(
    { db: core.db, now: core.clock.now() },
    { withdrawalId, source: 'reversal', body: `time-out: ${body}`, says: 'unclear', shortcode: core.config.mpesa.shortcode },
  );
  core.log.warn('reversal_timeout', { withdrawalId, verdict: settled.verdict });
  return settled;
}

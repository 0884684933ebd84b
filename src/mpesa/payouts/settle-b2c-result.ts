import { openTask } from '#ground/tasks/open-tasks.ts';
import { parseB2cResult } from '../daraja/parse-b2c-result.ts';
import { resultReason } from '../daraja/payout-result-codes.ts';
import { payingShortcode } from '../float/paying-shortcode.ts';
import type { Core } from '../wiring/app.ts';
import { type SettledWithdrawal, settleWithdrawal } from './settle-withdrawal.ts';
import { stopDispatch } from './stop-dispatch.ts';

/** Settles the result that Safaricom posted to a withdrawal's own address. One round trip; an alarm takes another, after the answer. */
export async function settleB2cResult(
  core: Core,
  withdrawalId: string,
  body: string,
): Promise<SettledWithdrawal & { resultCode: string | undefined }> {
  const { says, amountCents, receipt, twoReceipts, resultCode, originatorConversationId, conversationId, recipient, completedAt } =
    parseB2cResult(body);
  const meaning = { done: 'paid', failed: 'failed', unclear: 'unclear' } as const;
  const settled = await settleWithdrawal(
    { db: core.db, now: core.clock.now() },
    {
      ...{ withdrawalId, source: 'b2c', body, says: meaning[says], amountCents, receipt, twoReceipts, resultCode, conversationId },
      ...{ originatorId: originatorConversationId, shortcode: payingShortcode(core.config), movedAt: completedAt },
      payeePhone: recipient?.phone && 'full' in recipient.phone ? recipient.phone.full : undefined,
    },
  );
  core.log.info('b2c_result', { withdrawalId, verdict: settled.verdict, resultCode });
  return { ...settled, resultCode };
}

/** Keeps Safaricom's notice of a time-out, which proves nothing: the withdrawal is unknown, and its status is asked soon. */
export async function settleB2cTimeout(core: Core, withdrawalId: string, body: string): Promise<SettledWithdrawal> {
  const settled = await settleWithdrawal(
    { db: core.db, now: core.clock.now() },
    { withdrawalId, source: 'b2c', body: `time-out: ${body}`, says: 'unclear', shortcode: payingShortcode(core.config) },
  );
  core.log.warn('b2c_timeout', { withdrawalId, verdict: settled.verdict });
  return settled;
}

/** Raises the alarm for a rejection that needs one: an initiator at fault stops payouts, an empty float opens a task. */
export async function alarmOnRejection(
  { db, clock }: Core,
  { verdict, resultCode }: SettledWithdrawal & { resultCode: string | undefined },
): Promise<void> {
  if (verdict !== 'rejects' || resultCode === undefined) return;
  const { word } = resultReason(resultCode);
  if (word === 'wrong_credentials' || word === 'initiator_locked' || word === 'initiator_not_allowed')
    await stopDispatch(db, word, clock.now());
  if (word === 'insufficient_float') await openTask(db, { kind: 'low_float', subject: 'b2c', openedAt: clock.now() });
}

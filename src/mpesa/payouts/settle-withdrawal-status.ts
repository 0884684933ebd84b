import { parseTransactionStatusResult } from '../daraja/parse-transaction-status-result.ts';
import { payingShortcode } from '../float/paying-shortcode.ts';
import type { Core } from '../wiring/app.ts';
import { type SettledWithdrawal, settleWithdrawal } from './settle-withdrawal.ts';

/** Settles a status answer about a withdrawal; "pending" and "not found" change nothing. One round trip. */
export async function settleWithdrawalStatus(core: Core, withdrawalId: string, body: string): Promise<SettledWithdrawal> {
  const told = parseTransactionStatusResult(body);
  const says = meaningOf(told);
  const settled = await settleWithdrawal(
    { db: core.db, now: core.clock.now() },
    {
      withdrawalId,
      source: 'transaction-status',
      body,
      says,
      amountCents: told.amountCents,
      receipt: told.receipt,
      originatorId: told.askedOriginatorConversationId,
      conversationId: told.askedConversationId,
      shortcode: payingShortcode(core.config),
      resultCode: told.status,
      movedAt: told.finalisedAt,
    },
  );
  core.log.info('withdrawal_status', { withdrawalId, verdict: settled.verdict, status: told.status });
  return settled;
}

/** Only a final status that names the withdrawal we asked about counts. */
function meaningOf({
  says,
  askedOriginatorConversationId,
}: ReturnType<typeof parseTransactionStatusResult>): 'paid' | 'failed' | 'unclear' {
  if (askedOriginatorConversationId === undefined) return 'unclear';
  return says === 'completed' ? 'paid' : says === 'failed' ? 'failed' : 'unclear';
}

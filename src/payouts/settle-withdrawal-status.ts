import type { Core } from '../core.ts';
import { parseTransactionStatusResult } from '../daraja/parse-transaction-status-result.ts';
import { type SettledWithdrawal, settleWithdrawal } from './settle-withdrawal.ts';

/** Settles what the transaction's status says about a withdrawal. One that is still pending, or could not be found, stays as it is. One round trip. */
export async function settleWithdrawalStatus(core: Core, withdrawalId: string, body: string): Promise<SettledWithdrawal> {
  const told = parseTransactionStatusResult(body);
  const ours = told.askedOriginatorConversationId === undefined || told.askedOriginatorConversationId === withdrawalId;
  const says = !ours ? 'unclear' : told.says === 'completed' ? 'paid' : told.says === 'failed' ? 'failed' : 'unclear';
  const settled = await settleWithdrawal(
    { db: core.db, now: core.clock.now() },
    {
      withdrawalId,
      source: 'transaction-status',
      body,
      says,
      amountCents: told.amountCents,
      receipt: told.receipt,
      resultCode: told.status,
    },
  );
  core.log.info('withdrawal_status', { withdrawalId, verdict: settled.verdict, status: told.status });
  return settled;
}

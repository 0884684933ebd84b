import type { SQL } from 'drizzle-orm';
import { parseTransactionStatusResult } from '../daraja/parse-transaction-status-result.ts';
import { payingShortcode } from '../float/paying-shortcode.ts';
import type { Core } from '../wiring/app.ts';
import { type SettledWithdrawal, settleAskedSql, settleWithdrawal, type WithdrawalFinding } from './settle-withdrawal.ts';

/** Settles a status answer about a withdrawal; "pending" and "not found" change nothing. One round trip. */
export async function settleWithdrawalStatus(core: Core, withdrawalId: string, body: string): Promise<SettledWithdrawal> {
  const finding = findingOf(core, body);
  const settled = await settleWithdrawal({ db: core.db, now: core.clock.now() }, { withdrawalId, ...finding });
  core.log.info('withdrawal_status', { withdrawalId, verdict: settled.verdict, status: finding.resultCode });
  return settled;
}

/** The same as a statement, about the withdrawal that `asked` selects, if any. */
export const settleAskedStatusSql = (core: Core, asked: SQL, body: string): SQL =>
  settleAskedSql(asked, findingOf(core, body), core.clock.now());

function findingOf({ config }: Core, body: string): Omit<WithdrawalFinding, 'withdrawalId'> {
  const told = parseTransactionStatusResult(body);
  return {
    source: 'transaction-status',
    body,
    says: meaningOf(told),
    amountCents: told.amountCents,
    receipt: told.receipt,
    originatorId: told.askedOriginatorConversationId,
    conversationId: told.askedConversationId,
    shortcode: payingShortcode(config),
    resultCode: told.status,
    movedAt: told.finalisedAt,
  };
}

/** Only a final status that names the withdrawal we asked about counts. */
function meaningOf({
  says,
  askedOriginatorConversationId,
}: ReturnType<typeof parseTransactionStatusResult>): 'paid' | 'failed' | 'unclear' {
  if (askedOriginatorConversationId === undefined) return 'unclear';
  return says === 'completed' ? 'paid' : says === 'failed' ? 'failed' : 'unclear';
}

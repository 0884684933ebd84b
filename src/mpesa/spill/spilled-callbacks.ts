import { alarmOnBalance, alarmOnInitiator } from '../inquiries/alarm-on-initiator.ts';
import { settleBalanceResult } from '../inquiries/settle-balance-result.ts';
import { settleInquiryTimeout } from '../inquiries/settle-inquiry-timeout.ts';
import { settleStatusResult } from '../inquiries/settle-status-result.ts';
import { settleConfirmation } from '../paybill/settle-confirmation.ts';
import { settleDepositStatus, settleDepositStatusTimeout } from '../paybill/settle-deposit-status.ts';
import { allocate } from '../payments/allocate.ts';
import { settleStkCallback } from '../payments/settle-stk-callback.ts';
import { alarmOnRejection, settleB2cResult, settleB2cTimeout } from '../payouts/settle-b2c-result.ts';
import { settleReversalResult, settleReversalTimeout } from '../payouts/settle-reversal-result.ts';
import { settleWithdrawalStatus } from '../payouts/settle-withdrawal-status.ts';
import type { Core } from '../wiring/app.ts';
import type { Reader } from './read-in-spilled.ts';

/** A reader that settles a kept callback as of the moment when it came; what follows from it happens now. */
const reader =
  <Settled>(
    settle: (core: Core, subjectId: string, body: string) => Promise<Settled>,
    then: (core: Core, settled: Settled) => Promise<unknown> = async () => undefined,
  ): Reader =>
  async (past, subjectId, body) => {
    const settled = await settle(past, subjectId, body);
    return (core) => then(core, settled);
  };

const allocateIt = async (core: Core, { depositId }: { depositId: string | null }) => depositId && allocate(core, depositId);

/** The reader of each address that Safaricom posts to: it does what that address's file in netlify/functions does. */
export const spilledCallbacks: Record<string, Reader> = {
  stk: reader(settleStkCallback, allocateIt),
  'c2b-confirmation': reader((core, _paybill, body) => settleConfirmation(core, body), allocateIt),
  'deposit-status-result': reader(settleDepositStatus, async (core, { resultCode, depositId }) => {
    await allocateIt(core, { depositId });
    await alarmOnInitiator(core, 'answers', resultCode);
  }),
  'deposit-status-timeout': reader(settleDepositStatusTimeout),
  'b2c-result': reader(settleB2cResult, alarmOnRejection),
  'b2c-timeout': reader(settleB2cTimeout),
  'reversal-result': reader(settleReversalResult, alarmOnRejection),
  'reversal-timeout': reader(settleReversalTimeout),
  'withdrawal-status-result': reader(settleWithdrawalStatus),
  'transaction-status-result': reader(settleStatusResult, async (core, { verdict, result, depositId }) => {
    await allocateIt(core, { depositId });
    await alarmOnInitiator(core, verdict, result.resultCode);
  }),
  'transaction-status-timeout': reader(settleInquiryTimeout('transaction-status')),
  'account-balance-result': reader(settleBalanceResult, alarmOnBalance),
  'account-balance-timeout': reader(settleInquiryTimeout('account-balance')),
};

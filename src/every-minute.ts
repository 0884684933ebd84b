import { closeBookingPayout } from './bookings/close-booking-payout.ts';
import { closeBookingRefund } from './bookings/close-booking-refund.ts';
import { expireBookings } from './bookings/expire-bookings.ts';
import { resolveDueBookings } from './bookings/resolve-due-bookings.ts';
import { watchFloat } from './float/watch-float.ts';
import type { Step } from './http/job.ts';
import { purgeKeys } from './idempotency/purge-keys.ts';
import { askBalance } from './inquiries/ask-balance.ts';
import { askReceipt } from './inquiries/ask-receipt.ts';
import { purgeInquiries } from './inquiries/purge-inquiries.ts';
import { numberInvoices } from './invoices/number-invoices.ts';
import { sendInvoice } from './invoices/send-invoice.ts';
import { compareBalances, moveCheckpoints } from './ledger/move-checkpoints.ts';
import { purgeLimits } from './limits/purge-limits.ts';
import { moveRepayments } from './loans/move-repayments.ts';
import { finishRuns } from './loans/runs-of-today.ts';
import { settleLoanPayout } from './loans/settle-loan-payout.ts';
import { purgeDigests } from './notices/purge-digests.ts';
import { sayDigest } from './notices/say-digest.ts';
import { sayNotice } from './notices/say-notice.ts';
import { sendAlert } from './notify/send-alert.ts';
import { createSendGridMailer } from './notify/sendgrid-mailer.ts';
import { drainOutbox } from './outbox/drain.ts';
import { purgeSent } from './outbox/purge-sent.ts';
import { confirmDeposits } from './paybill/confirm-deposits.ts';
import { gatherEarlier } from './paybill/gather-earlier.ts';
import { pullTransactions } from './paybill/pull-transactions.ts';
import { refuteAbsent } from './paybill/refute-absent.ts';
import { allocateWaiting } from './payments/allocate-waiting.ts';
import { resolvePending } from './payments/resolve-pending.ts';
import { dispatchWithdrawal } from './payouts/dispatch-withdrawal.ts';
import { gatherPayouts } from './payouts/gather-payouts.ts';
import { resolveWithdrawals } from './payouts/resolve-withdrawals.ts';
import { tellSettledPayout } from './payouts/tell-settled-payout.ts';
import { purgeSignIns } from './people/purge-sign-ins.ts';
import { purgeUploads } from './reconcile/purge-uploads.ts';
import { workStatements } from './reconcile/work-statements.ts';
import { closeRefund } from './refunds/close-refund.ts';
import { readInSpilled } from './spill/read-in-spilled.ts';
import { spilledCallbacks } from './spilled-callbacks.ts';

/** What is asked of Safaricom each minute. When it hangs, nothing but this waits. */
const asking: Record<string, Step> = {
  resolve: resolvePending,
  confirm: confirmDeposits,
  pull: pullTransactions,
  payouts: resolveWithdrawals,
  balance: askBalance,
  watch: watchFloat,
};

/** What is kept of our own promises each minute, in this order: what one step books, a later one says. */
const keeping: Record<string, Step> = {
  checkpoints: moveCheckpoints,
  gather: async (app) => {
    const deposits = await gatherEarlier(app);
    return deposits.gathered > 0 ? deposits : gatherPayouts(app);
  },
  allocate: allocateWaiting,
  expire_bookings: expireBookings,
  bookings: resolveDueBookings,
  number: (app) => numberInvoices(app.db, app.clock.now()),
  deliver: (app, deadline) =>
    drainOutbox(
      app,
      {
        invoice_email: sendInvoice(createSendGridMailer(app.config)),
        dispatch_withdrawal: dispatchWithdrawal,
        payout_settled: async (at, message) => (await tellSettledPayout(at, message)) ?? closeBookingPayout(at, message),
        refund_paid: async (at, message) => (await closeRefund(at, message)) ?? closeBookingRefund(at, message),
        loan_payout_settled: settleLoanPayout,
        repayments_moved: moveRepayments,
        notice: sayNotice,
        digest: sayDigest,
        ask_receipt: askReceipt,
        alert: sendAlert,
      },
      deadline,
    ),
  purge: purgeKeys,
  purge_sign_ins: purgeSignIns,
  purge_limits: purgeLimits,
  purge_messages: purgeSent,
  purge_digests: purgeDigests,
  purge_inquiries: purgeInquiries,
  purge_uploads: purgeUploads,
};

/** What nights and imports have left to do. It may take long, and nothing else waits for it. */
const catchingUp: Record<string, Step> = {
  runs: finishRuns,
  statements: workStatements,
  refute: refuteAbsent,
  compare_balances: compareBalances,
};

/** What Safaricom told us while the database was away. */
const readingIn: Record<string, Step> = { spilled: readInSpilled(spilledCallbacks) };

/** What the clock does each minute: all groups at the same time. */
export const everyMinute: readonly Record<string, Step>[] = [asking, keeping, catchingUp, readingIn];

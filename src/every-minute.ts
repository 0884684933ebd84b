import { checkpointsDueSql, compareBalances, moveCheckpoints } from '#books/ledger/move-checkpoints.ts';
import { sendAlertMail } from '#desk/alerts/mail-operators.ts';
import { sendAlert, sendCleared, sendCrowdAlert } from '#desk/alerts/send-alert.ts';
import { statesDueSql, watchStates } from '#desk/alerts/watch-states.ts';
import { countReports, countsDueSql, recountReports } from '#desk/reports/count-reports.ts';
import { promiseSummaries } from '#desk/reports/promise-summaries.ts';
import { sendSummary } from '#desk/reports/send-summary.ts';
import { deliverWebhooks } from '#desk/webhooks/deliver-webhooks.ts';
import { purgeWebhooks } from '#desk/webhooks/purge-webhooks.ts';
import { webhooksDueSql } from '#desk/webhooks/share-events.ts';
import { purgeFailures } from '#ground/failures/keep-failure.ts';
import { purgeKeys } from '#ground/idempotency/answer-once.ts';
import { purgeLimits } from '#ground/limits/purge-limits.ts';
import { createSendGridMailer } from '#ground/notify/sendgrid-mailer.ts';
import { drainOutbox, messagesDueSql, purgeSent } from '#ground/outbox/delivery/drain.ts';
import type { Step, Work } from '#http/run-steps.ts';
import { watchDueSql, watchFloat } from '#mpesa/float/watch/watch-float.ts';
import { askBalance, balanceDueSql } from '#mpesa/inquiries/ask-balance.ts';
import { askReceipt } from '#mpesa/inquiries/ask-receipt.ts';
import { confirmDeposits, confirmingDueSql } from '#mpesa/inquiries/confirm-deposits.ts';
import { purgeInquiries } from '#mpesa/inquiries/purge-inquiries.ts';
import { closeFoundReceipts, foundDueSql } from '#mpesa/paybill/close-found-receipts.ts';
import { earlierDueSql, gatherEarlier } from '#mpesa/paybill/gather-earlier.ts';
import { pullDueSql, pullTransactions } from '#mpesa/paybill/pull-transactions.ts';
import { refuteAbsent } from '#mpesa/paybill/refute-absent.ts';
import { allocateWaiting, waitingDueSql } from '#mpesa/payments/allocate-waiting.ts';
import { pendingDueSql, resolvePending } from '#mpesa/payments/resolve-pending.ts';
import { reserveBulk } from '#mpesa/payouts/bulk/reserve-bulk.ts';
import { checkReferences } from '#mpesa/payouts/check-references.ts';
import { dispatchWithdrawal } from '#mpesa/payouts/dispatch-withdrawal.ts';
import { gatherPayouts } from '#mpesa/payouts/gather-payouts.ts';
import { resolveWithdrawals, withdrawalsDueSql } from '#mpesa/payouts/resolve-withdrawals.ts';
import { tellSettledPayout } from '#mpesa/payouts/tell-settled-payout.ts';
import { absentDueSql } from '#mpesa/reconcile/absent-due.ts';
import { purgeUploads } from '#mpesa/reconcile/purge-uploads.ts';
import { statementsDueSql, workStatements } from '#mpesa/reconcile/work-statements.ts';
import { closeRefund } from '#mpesa/refunds/close-refund.ts';
import { readInSpilled } from '#mpesa/spill/read-in-spilled.ts';
import { spilledCallbacks } from '#mpesa/spill/spilled-callbacks.ts';
import { sayAccess } from '#people/people/say-access.ts';
import { sayStaffNotice } from '#people/people/say-staff-notice.ts';
import { purgeSignIns } from '#people/people/sign-in-codes.ts';
import { moveRepayments } from '#sacco/loans/move-repayments.ts';
import { finishRuns, runsDueSql } from '#sacco/loans/runs/runs-of-today.ts';
import { settleLoanPayout } from '#sacco/loans/settle-loan-payout.ts';
import { purgeDigests } from '#sacco/notices/claim-digest.ts';
import { sayDigest } from '#sacco/notices/say-digest.ts';
import { sayNotice } from '#sacco/notices/say-notice.ts';
import { closeBookingPayout, closeBookingRefund } from '#shop/bookings/close-booking-payout.ts';
import { expireBookings, expiryDueSql } from '#shop/bookings/expire-bookings.ts';
import { decisionDueSql, resolveDueBookings } from '#shop/bookings/resolve-due-bookings.ts';
import { creditSale } from '#shop/invoices/credit-sale.ts';
import { numberInvoices, numbersDueSql } from '#shop/invoices/number-invoices.ts';
import { sendInvoice } from '#shop/invoices/send-invoice.ts';
import { sayCustomerNotice } from '#shop/notices/say-customer-notice.ts';

/** What we ask Safaricom each minute. If Safaricom hangs, only this group waits. */
const asking: Record<string, Step> = {
  resolve: { work: resolvePending, due: pendingDueSql },
  confirm: { work: confirmDeposits, due: confirmingDueSql },
  receipts: { work: closeFoundReceipts, due: foundDueSql },
  pull: { work: pullTransactions, due: pullDueSql },
  payouts: { work: resolveWithdrawals, due: withdrawalsDueSql },
  balance: { work: askBalance, due: balanceDueSql },
  watch: { work: watchFloat, due: watchDueSql },
};

const gather: Work = async (app) => {
  const deposits = await gatherEarlier(app);
  return deposits.gathered > 0 ? deposits : gatherPayouts(app);
};

const deliver: Work = (app, deadline) =>
  drainOutbox(
    app,
    {
      invoice_email: sendInvoice(createSendGridMailer(app.config)),
      dispatch_withdrawal: dispatchWithdrawal,
      reserve_bulk: reserveBulk,
      payout_settled: async (at, message) => (await tellSettledPayout(at, message)) ?? closeBookingPayout(at, message),
      refund_paid: async (at, message) => (await closeRefund(creditSale)(at, message)) ?? closeBookingRefund(at, message),
      loan_payout_settled: settleLoanPayout,
      repayments_moved: moveRepayments,
      notice: sayNotice,
      access_notice: sayAccess,
      staff_notice: sayStaffNotice,
      customer_notice: sayCustomerNotice,
      digest: sayDigest,
      daily_summary: sendSummary,
      ask_receipt: askReceipt,
      alert: sendAlert,
      alert_crowd: sendCrowdAlert,
      alert_cleared: sendCleared,
      alert_mail: sendAlertMail(createSendGridMailer(app.config)),
    },
    deadline,
  );

/** The promises that we keep each minute, in this order: a later step notifies people of what an earlier one booked. */
const keeping: Record<string, Step> = {
  checkpoints: { work: moveCheckpoints, due: checkpointsDueSql },
  gather: { work: gather, due: earlierDueSql },
  allocate: { work: allocateWaiting, due: waitingDueSql },
  expire_bookings: { work: expireBookings, due: expiryDueSql },
  bookings: { work: resolveDueBookings, due: decisionDueSql },
  number: { work: (app) => numberInvoices(app.db, app.clock.now()), due: numbersDueSql },
  count: { work: countReports, due: countsDueSql, isPatient: true },
  states: { work: watchStates, due: statesDueSql },
  summaries: promiseSummaries,
  deliver: { work: deliver, due: messagesDueSql },
  purge: purgeKeys,
  purge_sign_ins: purgeSignIns,
  purge_limits: purgeLimits,
  purge_messages: purgeSent,
  purge_digests: purgeDigests,
  purge_inquiries: purgeInquiries,
  purge_uploads: purgeUploads,
  purge_failures: purgeFailures,
  purge_webhooks: purgeWebhooks,
};

/** What nightly runs and imports left unfinished. It may take long; no other group waits for it. */
const catchingUp: Record<string, Step> = {
  runs: { work: finishRuns, due: runsDueSql },
  statements: { work: workStatements, due: statementsDueSql },
  refute: { work: refuteAbsent, due: absentDueSql },
  compare_balances: compareBalances,
  check_references: checkReferences,
  recount: recountReports,
};

/** What the organisation's own servers are told. They may be slow: no other group waits for them. */
const telling: Record<string, Step> = { webhooks: { work: deliverWebhooks, due: webhooksDueSql } };

/** What Safaricom told us while the database was away: what waits outside the database counts as due. */
const readingIn: Record<string, Step> = { spilled: readInSpilled(spilledCallbacks) };

/** What the clock does, all groups at the same time: what is due, and once in each quarter of an hour everything. */
export const everyMinute: readonly Record<string, Step>[] = [asking, keeping, catchingUp, telling, readingIn];

import type { Right } from '#people/auth/rights.ts';
import type { SubjectType } from './subjects.ts';

/**
 * A request that mends a task or looks at its subject: `{deposit}` and the like in `path` and `send` stand for what the task is about, `...`
 * for what a person has to say. `right` is what its endpoint asks for, null where everybody may. `send` is its JSON body, also where that is
 * empty; a request without one has a file as its body, or none. `unless`: it is not offered where that is known.
 */
export type Action = {
  right: Right | null;
  method: 'GET' | 'POST';
  path: string;
  does: string;
  send?: Readonly<Record<string, unknown>>;
  unless?: SubjectType;
};

/**
 * What else a request may need: the payout that waits to be approved, the part of a payout that is asked about, M-PESA's code that was reported and is not in the books,
 * amount, day and reference, the statement with the line, the M-PESA code of that line, and the money that was matched to a debt.
 */
export type Detail =
  | 'waiting'
  | 'inquiry'
  | 'entry'
  | 'line'
  | 'other'
  | 'owed'
  | 'repaid'
  | 'amount'
  | 'on'
  | 'reference'
  | 'part'
  | 'day';

/** What a task is about, as far as it is known: its subject, and what the books and the reports have of that. */
export type Known = Partial<Record<SubjectType | Detail, string | number>>;

const get = (right: Action['right'], path: string, does: string): Action => ({ right, method: 'GET', path, does });
const post = (right: Action['right'], path: string, does: string, send: Action['send'] = {}): Action => ({
  ...{ right, method: 'POST', path, does, send },
});

export const ACTIONS = {
  readDeposit: get('deposits:match', '/api/deposits?depositId={deposit}', 'shows the money, where it stands and what of it waits'),
  readMoneyOfReceipt: get('deposits:match', '/api/deposits?receipt={receipt}', 'shows the money that came with this M-PESA code'),
  readPayoutOfReceipt: get('payouts:request', '/api/payouts?receipt={receipt}', 'shows the payout with this M-PESA code'),
  readMoneyOfPayment: get('deposits:match', '/api/deposits?paymentId={payment}', 'shows all money that came for the payment'),
  readPaymentOfPrompt: get('payments:read', '/api/payments?attemptId={attempt}', 'shows the payment behind the prompt'),
  readUnproved: get('deposits:match', '/api/deposits?state=unconfirmed', 'lists the money that is not proved yet'),
  readSuspense: get('deposits:match', '/api/deposits', 'lists the money that waits in suspense, each with its `depositId`'),
  readSurplus: get('deposits:match', '/api/deposits?state=surplus', 'lists the money that is owed back'),
  match: post('deposits:match', '/api/deposits/{deposit}/match', 'pays a payment with it; several, loans or savings with `parts`', {
    paymentId: '...',
  }),
  refund: post('reversals:request', '/api/refunds', 'requests its refund to whoever paid; it leaves once it is approved', {
    depositId: '{deposit}',
    reason: '...',
  }),
  takeBack: post('deposits:take-back', '/api/deposits/{deposit}/take-back', 'takes it out of the books wherever it is', { reason: '...' }),
  matchOwed: post('deposits:match', '/api/deposits/.../match', 'books money in suspense, by its depositId, as the return of what is owed', {
    receivable: '{owed}',
  }),
  unmatch: post(
    'deposits:match',
    '/api/deposits/{repaid}/unmatch',
    'undoes the match of the money that paid the debt: it waits in suspense again',
    {
      receivable: '{owed}',
      reason: '...',
    },
  ),
  askPart: post('balance:read', '/api/transaction-status', 'asks Safaricom about the payout, by the id that it always had', {
    originatorConversationId: '{part}',
  }),
  askReceipt: post('balance:read', '/api/transaction-status', 'asks Safaricom about the M-PESA code', { receipt: '{receipt}' }),
  askOther: post('balance:read', '/api/transaction-status', 'asks Safaricom about the M-PESA code that was reported', {
    receipt: '{other}',
  }),
  readAnswer: get('balance:read', '/api/transaction-status/{inquiry}', 'reads the answer, by the `inquiryId` of asking'),
  recordMissing: post('receipts:record', '/api/receipts', 'records the M-PESA code that you found; a second person approves it', {
    depositId: '{deposit}',
    receipt: '...',
    reason: '...',
  }),
  recordReceipt: post('receipts:record', '/api/receipts', 'records a payment with its M-PESA code; a second person looks at it', {
    ...{ receipt: '...', amount: '{amount}', at: '...', reference: '{reference}', reason: '...' },
  }),
  listRecorded: get(
    'receipts:record',
    '/api/receipts?state=asked',
    'lists the receipts that wait for a second person, with where each was found',
  ),
  approveRecorded: post(
    'receipts:record',
    '/api/receipts/{recorded}/approve',
    'books it as told, or names its payment, and closes this task; by another person than who recorded it',
  ),
  rejectRecorded: post('receipts:record', '/api/receipts/{recorded}/reject', 'books nothing, and closes this task', { reason: '...' }),
  askPrompt: post('payments:read', '/api/payments/{payment}/ask', 'asks Safaricom now how its prompts ended'),
  listUnreachable: get('members:read', '/api/unreachable', 'lists who takes no messages, and why'),
  unlockPhone: post('people:manage', '/api/phones/unlock', 'tries their number again; an administrator does it', { phoneNumber: '...' }),
  importStatement: {
    ...{ right: 'statements:upload', method: 'POST', path: '/api/statements?fileName=...' },
    does: "compares a statement, whose file is the request's body, with the books",
  },
  listStatements: get('statements:upload', '/api/statements', 'shows which days are imported and signed'),
  readStatement: get('statements:upload', '/api/statements/{statement}', 'shows its findings and problems'),
  signStatement: post('statements:sign', '/api/statements/{statement}/sign-off', 'signs it off, as another person than who imported it'),
  withdrawStatement: post(
    'statements:sign',
    '/api/statements/{statement}/withdraw',
    'withdraws it where it should not have been signed, as another person than who signed it',
    { reason: '...' },
  ),
  discardStatement: post('statements:upload', '/api/statements/{statement}/discard', 'discards it before it is signed'),
  registerUrls: post('mpesa:register', '/api/paybill/register-urls', "registers the paybill's addresses again"),
  retryNotices: post('deposits:match', '/api/paybill/retry-notices', 'reads all unread notices again'),
  readLetters: get('letters:read', '/api/dead-letters', 'shows why each was given up'),
  retryMessage: post('letters:decide', '/api/dead-letters/{message}/retry', 'sends it once more, and closes this task'),
  discardMessage: post('letters:decide', '/api/dead-letters/{message}/discard', 'gives it up for good, and closes this task', {
    reason: '...',
  }),
  retryNotice: post('letters:decide', '/api/dead-letters/{notice}/retry', 'reads this one again, and closes this task if it can be read'),
  discardNotice: post('letters:decide', '/api/dead-letters/{notice}/discard', 'discards it: it is not read again; closes this task', {
    reason: '...',
  }),
  retryAllocation: post('letters:decide', '/api/dead-letters/{deposit}/retry', 'books it within a minute, and closes this task'),
  readStopped: get('payouts:request', '/api/payouts?state=approved', 'shows why payouts are stopped, and which wait'),
  startPayouts: post('payouts:stop', '/api/payouts/start', 'starts payouts again, and closes this task', { reason: '...' }),
  startAgain: post('payouts:stop', '/api/payouts/start', 'starts payouts again, where they were stopped', { reason: '...' }),
  approvePayout: post('payouts:approve', '/api/payouts/{waiting}/decision', 'approves the payout or refund that waits: an empty body does'),
  declinePayout: post('payouts:approve', '/api/payouts/{waiting}/decision', 'declines the payout or refund that waits', {
    decision: 'decline',
  }),
  readPayout: get('payouts:request', '/api/payouts?payoutId={payout}', 'shows the payout with its parts'),
  sendAgain: post(
    'payouts:approve',
    '/api/payouts/{payout}/send-again',
    'sends it with the id that it always had, once M-PESA has said twice that it has no such payment',
    { reason: '...' },
  ),
  requestPayout: post('payouts:request', '/api/payouts', 'requests a payout; it leaves once it is approved', {
    ...{ phoneNumber: '...', amount: '{amount}', reason: '...' },
  }),
  listWaitingPayouts: get('payouts:request', '/api/payouts?state=requested', 'lists the payouts that wait to be approved'),
  readBulk: get('payouts:request', '/api/bulk-payouts/{bulk}', 'shows its lines, what repeats others, what the float covers, and its hash'),
  readFailedLines: get('payouts:request', '/api/bulk-payouts/{bulk}?state=failed', 'lists the lines that did not leave, and why'),
  approveBulk: post('payouts:approve', '/api/bulk-payouts/{bulk}/decision', 'approves it, by the hash of the lines that you have read', {
    hash: '...',
  }),
  declineBulk: post('payouts:approve', '/api/bulk-payouts/{bulk}/decision', 'declines the whole', { decision: 'decline' }),
  cancelBulk: post('payouts:approve', '/api/bulk-payouts/{bulk}/cancel', 'cancels what has not left', { reason: '...' }),
  readPaymentTimeline: get('payments:read', '/api/payments/{payment}/timeline', 'shows when who said and did what about the payment'),
  readPayoutTimeline: get('payouts:request', '/api/payouts/{payout}/timeline', 'shows when who said and did what about the payout'),
  readLoanTimeline: get('loans:read', '/api/loans/{loan}/timeline', 'shows each payout and repayment of the loan, with its time'),
  readBooking: get(null, '/api/bookings/{booking}', 'shows the booking'),
  releaseFee: post('bookings:write', '/api/bookings/{booking}/resolve', 'pays the fee to the provider, less what is kept', {
    action: 'release',
    to: 'provider',
  }),
  keepFee: post('bookings:write', '/api/bookings/{booking}/resolve', 'keeps the fee as income', { action: 'release', to: 'income' }),
  refundFee: post('bookings:write', '/api/bookings/{booking}/resolve', 'gives the fee back to its payer', { action: 'refund' }),
  readLoan: get('loans:read', '/api/loans/{loan}', 'shows the loan, its repayments and penalties'),
  requestWaiver: post('penalties:waive', '/api/loans/{loan}/waivers', 'requests that a penalty is waived', {
    instalment: '...',
    reason: '...',
  }),
  readBalances: get('balance:read', '/api/account-balance', "shows Safaricom's last balances, and why there is none"),
  askBalances: post('balance:read', '/api/account-balance', 'asks Safaricom for the balances now'),
  listEntries: get('balance:read', '/api/float-entries', 'lists entries, and what the balance watch cannot explain'),
  enterTopUp: post('entries:ask', '/api/float-entries', 'enters a top-up, a sweep or a charge; a second person approves it', {
    ...{ kind: 'top_up', amount: '...', on: '...', note: '...' },
  }),
  enterPaidOut: post('entries:ask', '/api/float-entries', 'enters what was paid by hand in the portal; a second person approves it', {
    ...{ kind: 'paid_out', receipt: '{receipt}', amount: '{amount}', on: '{on}', note: '...' },
  }),
  approveEntry: post(
    'entries:decide',
    '/api/float-entries/{entry}/approve',
    'approves an entry, by its `entryId`, as another person than who entered it',
  ),
  enterReversal: {
    ...post('entries:ask', '/api/float-entries', 'says which payment a reversal reversed; a second person approves it', {
      ...{ kind: 'paid_out', receipt: '{line}', amount: '{amount}', on: '{on}', depositId: '...', note: '...' },
    }),
    unless: 'deposit',
  },
  sendInvoice: post('invoices:send', '/api/invoices/{invoice}/send', 'e-mails the invoice once more'),
  readDay: get('reports:read', '/api/reports/summary?from={day}&to={day}', 'shows how many payments and prompts there were on that day'),
  readErrors: get('errors:read', '/api/errors', 'lists what failed, with request ids'),
  readCallbacksForged: get('errors:read', '/api/errors?kind=forged', 'shows how many callbacks were not believed, and since when'),
  readFailed: get('payments:read', '/api/payments?status=failed', 'lists the payments that failed, with why'),
  readWebhook: get('webhooks:read', '/api/webhooks/{webhook}', 'shows the endpoint, and how many events wait for it'),
  readDeliveries: get('webhooks:read', '/api/webhooks/{webhook}/deliveries', 'shows what its server answered to each event'),
  readGivenUp: get(
    'webhooks:read',
    '/api/webhooks/{webhook}/deliveries?state=given_up',
    'shows the events that were given up, with the answers',
  ),
  testWebhook: post('webhooks:manage', '/api/webhooks/{webhook}/test', 'sends it a test now, and answers how that ended'),
  enableWebhook: post('webhooks:manage', '/api/webhooks/{webhook}', 'enables it, sends what it has missed, and closes this task', {
    enabled: true,
  }),
  replayEvent: post(
    'webhooks:manage',
    '/api/webhooks/{webhook}/replay',
    'sends an event again; closes this task with the last that was given up',
    {
      eventId: '...',
    },
  ),
  discardWebhook: post('webhooks:manage', '/api/webhooks/{webhook}/discard', 'removes it, and closes this task'),
  readHealth: get(null, '/api/health', 'says whether all is well, and how much waits to whoever may read tasks'),
} as const satisfies Record<string, Action>;

/** The lines of a signed statement with one finding. */
export const readFinding = (finding: string): Action =>
  get('statements:upload', `/api/statements/{statement}?finding=${finding}`, `lists its lines with the finding ${finding}`);

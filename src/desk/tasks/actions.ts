import type { SubjectType } from './subjects.ts';

/**
 * A request that mends a task or looks at its subject: `{deposit}` and the like in `path` and `send` stand for what the task is about, `...`
 * for what a person has to say.
 */
export type Action = { method: 'GET' | 'POST'; path: string; does: string; send?: Readonly<Record<string, unknown>> };

/** What a task is about, as far as it is known: its subject, and what the books have of that. */
export type Known = Partial<Record<SubjectType, string>>;

const get = (path: string, does: string): Action => ({ method: 'GET', path, does });
const post = (path: string, does: string, send: Action['send'] = {}): Action => ({ method: 'POST', path, does, send });

export const ACTIONS = {
  readDeposit: get('/api/deposits?depositId={deposit}', 'shows the money, where it stands and what of it waits'),
  readMoneyOfReceipt: get('/api/deposits?receipt={receipt}', 'shows the money that came with this M-PESA code'),
  readPayoutOfReceipt: get('/api/payouts?receipt={receipt}', 'shows the payout with this M-PESA code'),
  readMoneyOfPayment: get('/api/deposits?paymentId={payment}', 'shows all money that came for the payment'),
  readPaymentOfPrompt: get('/api/payments?attemptId={attempt}', 'shows the payment behind the prompt'),
  readUnproved: get('/api/deposits?state=unconfirmed', 'lists the money that is not proved yet'),
  readSurplus: get('/api/deposits?state=surplus', 'lists the money that is owed back'),
  match: post('/api/deposits/{deposit}/match', 'pays a payment with it; several, loans or savings with `parts`', { paymentId: '...' }),
  refund: post('/api/refunds', 'requests its refund to whoever paid; a payout is then approved', { depositId: '{deposit}', reason: '...' }),
  takeBack: post('/api/deposits/{deposit}/take-back', 'takes it out of the books wherever it is', { reason: '...' }),
  askReceipt: post('/api/transaction-status', 'asks Safaricom about the M-PESA code', { receipt: '{receipt}' }),
  importStatement: post('/api/statements?fileName=...', "compares a statement, whose file is the request's body, with the books"),
  listStatements: get('/api/statements', 'shows which days are imported and signed'),
  readStatement: get('/api/statements/{statement}', 'shows its findings and problems'),
  signStatement: post('/api/statements/{statement}/sign-off', 'signs it off, as another person than who imported it'),
  discardStatement: post('/api/statements/{statement}/discard', 'discards it before it is signed'),
  registerUrls: post('/api/paybill/register-urls', "registers the paybill's addresses again"),
  retryNotices: post('/api/paybill/retry-notices', 'reads all unread notices again'),
  readLetters: get('/api/dead-letters', 'shows why each was given up'),
  retryMessage: post('/api/dead-letters/{message}/retry', 'sends it once more, and closes this task'),
  discardMessage: post('/api/dead-letters/{message}/discard', 'gives it up for good, and closes this task', { reason: '...' }),
  retryNotice: post('/api/dead-letters/{notice}/retry', 'reads this one again, and closes this task if it can be read'),
  discardNotice: post('/api/dead-letters/{notice}/discard', 'discards it: it is not read again; closes this task', { reason: '...' }),
  retryAllocation: post('/api/dead-letters/{deposit}/retry', 'books it within a minute, and closes this task'),
  readStopped: get('/api/payouts?state=approved', 'shows why payouts are stopped, and which wait'),
  startPayouts: post('/api/payouts/start', 'starts payouts again, and closes this task', { reason: '...' }),
  readPayout: get('/api/payouts?payoutId={payout}', 'shows the payout with its parts'),
  requestPayout: post('/api/payouts', 'requests a payout', { phoneNumber: '...', amount: 100, reason: '...' }),
  listWaitingPayouts: get('/api/payouts?state=requested', 'lists the payouts that wait to be approved'),
  readBooking: get('/api/bookings/{booking}', 'shows the booking'),
  releaseFee: post('/api/bookings/{booking}/resolve', 'pays the fee to the provider, less what is kept', {
    action: 'release',
    to: 'provider',
  }),
  keepFee: post('/api/bookings/{booking}/resolve', 'keeps the fee as income', { action: 'release', to: 'income' }),
  refundFee: post('/api/bookings/{booking}/resolve', 'gives the fee back to its payer', { action: 'refund' }),
  readLoan: get('/api/loans/{loan}', 'shows the loan, its repayments and penalties'),
  requestWaiver: post('/api/loans/{loan}/waivers', 'requests that a penalty is waived', { instalment: 1, reason: '...' }),
  readBalances: get('/api/account-balance', "shows Safaricom's last balances, and why there is none"),
  askBalances: post('/api/account-balance', 'asks Safaricom for the balances now'),
  listEntries: get('/api/float-entries', 'lists entries, and what the balance watch cannot explain'),
  enterTopUp: post('/api/float-entries', 'enters a top-up, a sweep or a charge; a second person approves it', {
    ...{ kind: 'top_up', amount: 100, on: '2026-11-30', note: '...' },
  }),
  enterPaidOut: post('/api/float-entries', 'enters what was paid by hand in the portal; a second person approves it', {
    ...{ kind: 'paid_out', receipt: '{receipt}', amount: 100, on: '2026-11-30', note: '...' },
  }),
  sendInvoice: post('/api/invoices/{invoice}/send', 'e-mails the invoice once more'),
  readWebhook: get('/api/webhooks/{webhook}', 'shows the endpoint, and how many events wait for it'),
  readDeliveries: get('/api/webhooks/{webhook}/deliveries', 'shows what its server answered to each event'),
  readGivenUp: get('/api/webhooks/{webhook}/deliveries?state=given_up', 'shows the events that were given up, with the answers'),
  testWebhook: post('/api/webhooks/{webhook}/test', 'sends it a test now, and answers how that ended'),
  enableWebhook: post('/api/webhooks/{webhook}', 'enables it, sends what it has missed, and closes this task', { enabled: true }),
  replayEvent: post('/api/webhooks/{webhook}/replay', 'sends an event again; closes this task with the last that was given up', {
    eventId: '...',
  }),
  discardWebhook: post('/api/webhooks/{webhook}/discard', 'removes it, and closes this task'),
  readHealth: get('/api/health', 'shows what waits and what failed'),
} as const satisfies Record<string, Action>;

/** The lines of a signed statement with one finding. */
export const readFinding = (finding: string): Action =>
  get(`/api/statements/{statement}?finding=${finding}`, `lists its lines with the finding ${finding}`);

/** What every open task takes. */
const CLOSE = (taskId: string): Action =>
  post(`/api/tasks/${taskId}/close`, 'closes this task, once it is done', { note: 'what was done' });

/** The requests that mend a task, with what is known filled in; one whose address names what is not known is left out. */
export const actionsOf = (actions: readonly Action[], known: Known, taskId: string): Action[] => [
  ...actions.flatMap((action) => filled(action, known) ?? []),
  CLOSE(taskId),
];

function filled({ path, send, ...action }: Action, known: Known): Action | undefined {
  const fill = (text: string, otherwise?: string) =>
    text.replace(/\{(\w+)\}/g, (all, name: SubjectType) => known[name] ?? otherwise ?? all);
  const address = fill(path);
  if (address.includes('{')) return undefined;
  return { ...action, path: address, ...(send && { send: JSON.parse(fill(JSON.stringify(send), '...')) as typeof send }) };
}

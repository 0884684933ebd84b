/** A request to an artifact whose database cannot be reached, and what it must answer. */
export type Probe = { method: string; path: string; body?: string; status: number; type: string; says: RegExp };

/** When and how the platform calls a function. */
export type Trigger = {
  routes: string[];
  methods: string[];
  schedule?: string;
  /** Answered before it begins; it may then run for minutes. */
  background?: true;
  rateLimit?: { windowLimit: number; windowSize: number; aggregateBy: string[] };
};

/** What must be true of a function that is deployed. */
export type Expectation = Trigger & { largestBytes: number; probes: [Probe, ...Probe[]] };

const PROBLEM = 'application/problem+json';
const SMALL = 450_000; // any function that neither draws nor mails
const LARGE = 2_200_000; // a function that draws or mails

const someId = '01930000-0000-7000-8000-000000000001';
const push = (phoneNumber: string) => JSON.stringify({ phoneNumber, items: [{ sku: 'coffee' }] });
const book = JSON.stringify({ sku: 'match', phoneNumber: '0712 345 678' });
const askCode = JSON.stringify({ phoneNumber: '0712 345 678' });
const tryCode = JSON.stringify({ phoneNumber: '0712 345 678', code: '123456' });

/** A function that Safaricom calls: without the secret in its path the answer is 404. */
const told = (route: string): Expectation => ({
  routes: [route],
  methods: ['POST'],
  largestBytes: SMALL,
  probes: [{ method: 'POST', path: route.replace(':token', 'nonsense'), body: '{}', status: 404, type: 'text/plain', says: /^Not Found$/ }],
});

/** A function that checks who the caller is before anything else. */
const guarded = (route: string, methods: [string, ...string[]]): Expectation => {
  const [method] = methods;
  const path = route.replace(':id', someId).replace(':part', '1');
  const body = method === 'GET' ? {} : { body: '{}' };
  return {
    routes: [route],
    methods,
    largestBytes: SMALL,
    probes: [{ method, path, ...body, status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  };
};

/** Every function by its file's name, a verb and a noun (function-names.ts); one without a row here fails the check. */
export const expectations: Record<string, Expectation> = {
  'read-account-balance': guarded('/api/account-balance', ['GET']),
  'account-balance-result': told('/api/callbacks/account-balance/:token/result'),
  'account-balance-timeout': told('/api/callbacks/account-balance/:token/timeout'),
  'transaction-status-result': told('/api/callbacks/transaction-status/:token/result'),
  'transaction-status-timeout': told('/api/callbacks/transaction-status/:token/timeout'),
  'ask-account-balance': guarded('/api/account-balance', ['POST', 'OPTIONS']),
  'read-transaction-status': guarded('/api/transaction-status/:id', ['GET', 'OPTIONS']),
  'ask-transaction-status': guarded('/api/transaction-status', ['POST', 'OPTIONS']),
  'decide-payout': guarded('/api/payouts/:id/decision', ['POST', 'OPTIONS']),
  'b2c-result': told('/api/callbacks/b2c/:token/result'),
  'b2c-timeout': told('/api/callbacks/b2c/:token/timeout'),
  'read-arrears': guarded('/api/reports/arrears', ['GET', 'OPTIONS']),
  callback: {
    routes: ['/api/callbacks/stk/:token'],
    methods: ['POST'],
    largestBytes: 330_000,
    probes: [{ method: 'POST', path: '/api/callbacks/stk/nonsense', body: '{}', status: 404, type: 'text/plain', says: /^Not Found$/ }],
  },
  'c2b-confirmation': told('/api/callbacks/c2b/:token/confirmation'),
  'c2b-validation': told('/api/callbacks/c2b/:token/validation'),
  'deposit-status-result': told('/api/callbacks/deposit-status/:token/result'),
  'deposit-status-timeout': told('/api/callbacks/deposit-status/:token/timeout'),
  'list-deposits': guarded('/api/deposits', ['GET', 'OPTIONS']),
  'match-deposit': guarded('/api/deposits/:id/match', ['POST', 'OPTIONS']),
  'take-back-deposit': guarded('/api/deposits/:id/take-back', ['POST', 'OPTIONS']),
  'retry-notices': guarded('/api/paybill/retry-notices', ['POST', 'OPTIONS']),
  'register-member': guarded('/api/members', ['POST', 'OPTIONS']),
  'list-members': guarded('/api/members', ['GET']),
  'read-member': guarded('/api/members/:id', ['GET', 'OPTIONS']),
  'change-member': guarded('/api/members/me', ['POST', 'OPTIONS']),
  'read-account-statement': guarded('/api/accounts/:id/statement', ['GET', 'OPTIONS']),
  'register-urls': guarded('/api/paybill/register-urls', ['POST', 'OPTIONS']),
  'finish-runs-background': { ...told('/api/runs/:token/finish'), background: true },
  'upload-statement': guarded('/api/statements', ['POST', 'OPTIONS']),
  'add-statement-part': guarded('/api/statements/:id/parts/:part', ['PUT', 'OPTIONS']),
  'list-statements': guarded('/api/statements', ['GET']),
  'read-mpesa-statement': guarded('/api/statements/:id', ['GET', 'OPTIONS']),
  'sign-statement': guarded('/api/statements/:id/sign-off', ['POST', 'OPTIONS']),
  'discard-statement': guarded('/api/statements/:id/discard', ['POST', 'OPTIONS']),
  'ask-float-entry': guarded('/api/float-entries', ['POST', 'OPTIONS']),
  'list-float-entries': guarded('/api/float-entries', ['GET']),
  'approve-float-entry': guarded('/api/float-entries/:id/approve', ['POST', 'OPTIONS']),
  'reject-float-entry': guarded('/api/float-entries/:id/reject', ['POST', 'OPTIONS']),
  'list-tasks': guarded('/api/tasks', ['GET', 'OPTIONS']),
  'read-task': guarded('/api/tasks/:id', ['GET', 'OPTIONS']),
  'assign-task': guarded('/api/tasks/:id/assign', ['POST', 'OPTIONS']),
  'note-task': guarded('/api/tasks/:id/note', ['POST', 'OPTIONS']),
  'close-task': guarded('/api/tasks/:id/close', ['POST', 'OPTIONS']),
  'read-evidence': guarded('/api/reports/evidence', ['GET', 'OPTIONS']),
  'read-health': {
    routes: ['/api/health'],
    methods: ['GET'],
    largestBytes: SMALL,
    probes: [{ method: 'GET', path: '/api/health', status: 503, type: PROBLEM, says: /"database_unreachable"/ }],
  },
  'download-invoice': {
    routes: ['/api/invoices/:id.pdf'],
    methods: ['GET', 'OPTIONS'],
    largestBytes: LARGE,
    probes: [
      { method: 'GET', path: '/api/invoices/nonsense.pdf', status: 400, type: PROBLEM, says: /"invalid_input"/ },
      { method: 'GET', path: `/api/invoices/${someId}.pdf`, status: 503, type: PROBLEM, says: /"database_unreachable"/ },
    ],
  },
  'create-booking': {
    routes: ['/api/bookings'],
    methods: ['POST', 'OPTIONS'],
    rateLimit: { windowLimit: 60, windowSize: 60, aggregateBy: ['ip', 'domain'] },
    largestBytes: SMALL,
    probes: [
      { method: 'POST', path: '/api/bookings', body: '{}', status: 400, type: PROBLEM, says: /"invalid_input"/ },
      { method: 'POST', path: '/api/bookings', body: book, status: 503, type: PROBLEM, says: /"database_unreachable"/ },
    ],
  },
  'read-booking': {
    routes: ['/api/bookings/:id'],
    methods: ['GET', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [
      { method: 'GET', path: '/api/bookings/nonsense', status: 400, type: PROBLEM, says: /"invalid_input"/ },
      { method: 'GET', path: `/api/bookings/${someId}`, status: 503, type: PROBLEM, says: /"database_unreachable"/ },
    ],
  },
  'resolve-booking': guarded('/api/bookings/:id/resolve', ['POST', 'OPTIONS']),
  'list-items': {
    routes: ['/api/items'],
    methods: ['GET', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'GET', path: '/api/items', status: 503, type: PROBLEM, says: /"database_unreachable"/ }],
  },
  'list-loan-products': {
    routes: ['/api/loan-products'],
    methods: ['GET', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'GET', path: '/api/loan-products', status: 503, type: PROBLEM, says: /"database_unreachable"/ }],
  },
  'put-loan-products': guarded('/api/loan-products', ['PUT']),
  'list-loans': guarded('/api/loans', ['GET']),
  'read-loan': guarded('/api/loans/:id', ['GET', 'OPTIONS']),
  'apply-for-loan': guarded('/api/loans', ['POST', 'OPTIONS']),
  'decide-loan': guarded('/api/loans/:id/decision', ['POST', 'OPTIONS']),
  'withdraw-loan': guarded('/api/loans/:id/withdraw', ['POST', 'OPTIONS']),
  'disburse-loan': guarded('/api/loans/:id/disburse', ['POST', 'OPTIONS']),
  'settle-loan': guarded('/api/loans/:id/settlement', ['POST', 'OPTIONS']),
  'request-waiver': guarded('/api/loans/:id/waivers', ['POST', 'OPTIONS']),
  'list-waivers': guarded('/api/waivers', ['GET', 'OPTIONS']),
  'decide-waiver': guarded('/api/waivers/:id/decision', ['POST', 'OPTIONS']),
  'reverse-repayment': guarded('/api/repayments/:id/reverse', ['POST', 'OPTIONS']),
  'read-me': guarded('/api/me', ['GET', 'OPTIONS']),
  'list-payouts': guarded('/api/payouts', ['GET']),
  'stop-payouts': guarded('/api/payouts/stop', ['POST', 'OPTIONS']),
  'start-payouts': guarded('/api/payouts/start', ['POST', 'OPTIONS']),
  'list-letters': guarded('/api/dead-letters', ['GET', 'OPTIONS']),
  'retry-letter': guarded('/api/dead-letters/:id/retry', ['POST', 'OPTIONS']),
  'discard-letter': guarded('/api/dead-letters/:id/discard', ['POST', 'OPTIONS']),
  'list-payments': guarded('/api/payments', ['GET', 'OPTIONS']),
  'request-payout': guarded('/api/payouts', ['POST', 'OPTIONS']),
  'put-items': guarded('/api/items', ['PUT']),
  'scheduled-minute': {
    routes: [],
    methods: [],
    schedule: '* * * * *',
    largestBytes: LARGE,
    probes: [
      { method: 'POST', path: '/', body: '{}', status: 200, type: 'application/json', says: /"resolve":"failed".*"deliver":"failed"/ },
    ],
  },
  'scheduled-penalties': {
    routes: [],
    methods: [],
    schedule: '15 21 * * *',
    largestBytes: SMALL,
    probes: [{ method: 'POST', path: '/', body: '{}', status: 200, type: 'application/json', says: /"penalties":"failed"/ }],
  },
  'scheduled-reminders': {
    routes: [],
    methods: [],
    schedule: '0 5 * * *',
    largestBytes: SMALL,
    probes: [{ method: 'POST', path: '/', body: '{}', status: 200, type: 'application/json', says: /"reminders":"failed"/ }],
  },
  'send-invoice': guarded('/api/invoices/:id/send', ['POST', 'OPTIONS']),
  'sign-in': {
    routes: ['/api/sign-in'],
    methods: ['POST', 'OPTIONS'],
    rateLimit: { windowLimit: 60, windowSize: 60, aggregateBy: ['ip', 'domain'] },
    largestBytes: SMALL,
    probes: [
      { method: 'POST', path: '/api/sign-in', body: '{}', status: 400, type: PROBLEM, says: /"invalid_input"/ },
      { method: 'POST', path: '/api/sign-in', body: tryCode, status: 503, type: PROBLEM, says: /"database_unreachable"/ },
    ],
  },
  'request-sign-in-code': {
    routes: ['/api/sign-in/code'],
    methods: ['POST', 'OPTIONS'],
    rateLimit: { windowLimit: 30, windowSize: 60, aggregateBy: ['ip', 'domain'] },
    largestBytes: 800_000, // it mails where SMS are off
    probes: [
      { method: 'POST', path: '/api/sign-in/code', body: '{}', status: 400, type: PROBLEM, says: /"invalid_input"/ },
      { method: 'POST', path: '/api/sign-in/code', body: askCode, status: 503, type: PROBLEM, says: /"database_unreachable"/ },
    ],
  },
  'sign-out': {
    routes: ['/api/sign-out'],
    methods: ['POST', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'POST', path: '/api/sign-out', body: '{}', status: 200, type: 'application/json', says: /"signedOut":true/ }],
  },
  status: {
    routes: ['/api/payments/:id'],
    methods: ['GET', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [
      { method: 'GET', path: '/api/payments/nonsense', status: 400, type: PROBLEM, says: /"invalid_input"/ },
      { method: 'OPTIONS', path: '/api/payments/nonsense', status: 204, type: '', says: /^$/ },
    ],
  },
  'stk-push': {
    routes: ['/api/payments/stk-push'],
    methods: ['POST', 'OPTIONS'],
    rateLimit: { windowLimit: 60, windowSize: 60, aggregateBy: ['ip', 'domain'] },
    largestBytes: SMALL,
    probes: [
      { method: 'POST', path: '/api/payments/stk-push', body: '{oops', status: 400, type: PROBLEM, says: /Send a JSON object/ },
      {
        method: 'POST',
        path: '/api/payments/stk-push',
        body: push('+255 712 345 678'),
        status: 400,
        type: PROBLEM,
        says: /Kenyan mobile number/,
      },
      {
        method: 'POST',
        path: '/api/payments/stk-push',
        body: push('0712 345 678'),
        status: 503,
        type: PROBLEM,
        says: /"database_unreachable"/,
      },
    ],
  },
  'withdrawal-status-result': told('/api/callbacks/withdrawal-status/:token/result'),
  'withdrawal-status-timeout': told('/api/callbacks/withdrawal-status/:token/timeout'),
  'reversal-result': told('/api/callbacks/reversal/:token/result'),
  'reversal-timeout': told('/api/callbacks/reversal/:token/timeout'),
  'request-refund': guarded('/api/refunds', ['POST', 'OPTIONS']),
};

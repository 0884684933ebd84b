/** A request to an artifact whose database cannot be reached, and what it must answer. */
export type Probe = { method: string; path: string; body?: string; status: number; type: string; says: RegExp };

/** When and how the platform calls a function. */
export type Trigger = {
  routes: string[];
  methods: string[];
  schedule?: string;
  rateLimit?: { windowLimit: number; windowSize: number; aggregateBy: string[] };
};

/** What must be true of a function that is deployed. */
export type Expectation = Trigger & { largestBytes: number; probes: [Probe, ...Probe[]] };

const PROBLEM = 'application/problem+json';
const SMALL = 450_000; // any function that neither draws nor mails
const LARGE = 2_200_000; // one that does

const someId = '01930000-0000-7000-8000-000000000001';
const push = (phoneNumber: string) => JSON.stringify({ phoneNumber, items: [{ sku: 'coffee' }] });
const book = JSON.stringify({ sku: 'match', phoneNumber: '0712 345 678' });
const askCode = JSON.stringify({ phoneNumber: '0712 345 678' });
const tryCode = JSON.stringify({ phoneNumber: '0712 345 678', code: '123456' });

/** Every function by name; one without a row here fails the check. */
export const expectations: Record<string, Expectation> = {
  'account-balance': {
    routes: ['/api/account-balance'],
    methods: ['GET'],
    largestBytes: SMALL,
    probes: [{ method: 'GET', path: '/api/account-balance', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  'account-balance-result': {
    routes: ['/api/callbacks/account-balance/:token/result'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      {
        method: 'POST',
        path: '/api/callbacks/account-balance/nonsense/result',
        body: '{}',
        status: 404,
        type: 'text/plain',
        says: /^Not Found$/,
      },
    ],
  },
  'account-balance-timeout': {
    routes: ['/api/callbacks/account-balance/:token/timeout'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      {
        method: 'POST',
        path: '/api/callbacks/account-balance/nonsense/timeout',
        body: '{}',
        status: 404,
        type: 'text/plain',
        says: /^Not Found$/,
      },
    ],
  },
  'transaction-status-result': {
    routes: ['/api/callbacks/transaction-status/:token/result'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      {
        method: 'POST',
        path: '/api/callbacks/transaction-status/nonsense/result',
        body: '{}',
        status: 404,
        type: 'text/plain',
        says: /^Not Found$/,
      },
    ],
  },
  'transaction-status-timeout': {
    routes: ['/api/callbacks/transaction-status/:token/timeout'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      {
        method: 'POST',
        path: '/api/callbacks/transaction-status/nonsense/timeout',
        body: '{}',
        status: 404,
        type: 'text/plain',
        says: /^Not Found$/,
      },
    ],
  },
  'ask-account-balance': {
    routes: ['/api/account-balance'],
    methods: ['POST', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'POST', path: '/api/account-balance', body: '{}', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  'read-transaction-status': {
    routes: ['/api/transaction-status/:id'],
    methods: ['GET', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'GET', path: `/api/transaction-status/${someId}`, status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  'transaction-status': {
    routes: ['/api/transaction-status'],
    methods: ['POST', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'POST', path: '/api/transaction-status', body: '{}', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  'approve-payout': {
    routes: ['/api/payouts/:id/decision'],
    methods: ['POST', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'POST', path: `/api/payouts/${someId}/decision`, body: '{}', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  'b2c-result': {
    routes: ['/api/callbacks/b2c/:token/result'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      { method: 'POST', path: '/api/callbacks/b2c/nonsense/result', body: '{}', status: 404, type: 'text/plain', says: /^Not Found$/ },
    ],
  },
  'b2c-timeout': {
    routes: ['/api/callbacks/b2c/:token/timeout'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      { method: 'POST', path: '/api/callbacks/b2c/nonsense/timeout', body: '{}', status: 404, type: 'text/plain', says: /^Not Found$/ },
    ],
  },
  callback: {
    routes: ['/api/callbacks/stk/:token'],
    methods: ['POST'],
    largestBytes: 330_000,
    probes: [{ method: 'POST', path: '/api/callbacks/stk/nonsense', body: '{}', status: 404, type: 'text/plain', says: /^Not Found$/ }],
  },
  'c2b-confirmation': {
    routes: ['/api/callbacks/c2b/:token/confirmation'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      {
        method: 'POST',
        path: '/api/callbacks/c2b/nonsense/confirmation',
        body: '{}',
        status: 404,
        type: 'text/plain',
        says: /^Not Found$/,
      },
    ],
  },
  'c2b-validation': {
    routes: ['/api/callbacks/c2b/:token/validation'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      { method: 'POST', path: '/api/callbacks/c2b/nonsense/validation', body: '{}', status: 404, type: 'text/plain', says: /^Not Found$/ },
    ],
  },
  'deposit-status-result': {
    routes: ['/api/callbacks/deposit-status/:token/result'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      {
        method: 'POST',
        path: '/api/callbacks/deposit-status/nonsense/result',
        body: '{}',
        status: 404,
        type: 'text/plain',
        says: /^Not Found$/,
      },
    ],
  },
  'deposit-status-timeout': {
    routes: ['/api/callbacks/deposit-status/:token/timeout'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      {
        method: 'POST',
        path: '/api/callbacks/deposit-status/nonsense/timeout',
        body: '{}',
        status: 404,
        type: 'text/plain',
        says: /^Not Found$/,
      },
    ],
  },
  deposits: {
    routes: ['/api/deposits'],
    methods: ['GET', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'GET', path: '/api/deposits', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  'match-deposit': {
    routes: ['/api/deposits/:id/match'],
    methods: ['POST', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'POST', path: `/api/deposits/${someId}/match`, body: '{}', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  'register-urls': {
    routes: ['/api/paybill/register-urls'],
    methods: ['POST', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'POST', path: '/api/paybill/register-urls', body: '{}', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  health: {
    routes: ['/api/health'],
    methods: ['GET'],
    largestBytes: SMALL,
    probes: [{ method: 'GET', path: '/api/health', status: 503, type: PROBLEM, says: /"database_unreachable"/ }],
  },
  invoice: {
    routes: ['/api/invoices/:id.pdf'],
    methods: ['GET', 'OPTIONS'],
    largestBytes: LARGE,
    probes: [
      { method: 'GET', path: '/api/invoices/nonsense.pdf', status: 400, type: PROBLEM, says: /"invalid_input"/ },
      { method: 'GET', path: `/api/invoices/${someId}.pdf`, status: 500, type: PROBLEM, says: /"Internal error"/ },
    ],
  },
  'create-booking': {
    routes: ['/api/bookings'],
    methods: ['POST', 'OPTIONS'],
    rateLimit: { windowLimit: 60, windowSize: 60, aggregateBy: ['ip', 'domain'] },
    largestBytes: SMALL,
    probes: [
      { method: 'POST', path: '/api/bookings', body: '{}', status: 400, type: PROBLEM, says: /"invalid_input"/ },
      { method: 'POST', path: '/api/bookings', body: book, status: 500, type: PROBLEM, says: /"Internal error"/ },
    ],
  },
  'read-booking': {
    routes: ['/api/bookings/:id'],
    methods: ['GET', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [
      { method: 'GET', path: '/api/bookings/nonsense', status: 400, type: PROBLEM, says: /"invalid_input"/ },
      { method: 'GET', path: `/api/bookings/${someId}`, status: 500, type: PROBLEM, says: /"Internal error"/ },
    ],
  },
  'resolve-booking': {
    routes: ['/api/bookings/:id/resolve'],
    methods: ['POST', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'POST', path: `/api/bookings/${someId}/resolve`, body: '{}', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  items: {
    routes: ['/api/items'],
    methods: ['GET', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'GET', path: '/api/items', status: 500, type: PROBLEM, says: /"Internal error"/ }],
  },
  me: {
    routes: ['/api/me'],
    methods: ['GET', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'GET', path: '/api/me', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  'list-payouts': {
    routes: ['/api/payouts'],
    methods: ['GET'],
    largestBytes: SMALL,
    probes: [{ method: 'GET', path: '/api/payouts', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  payments: {
    routes: ['/api/payments'],
    methods: ['GET', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'GET', path: '/api/payments', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  payouts: {
    routes: ['/api/payouts'],
    methods: ['POST', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'POST', path: '/api/payouts', body: '{}', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  'put-items': {
    routes: ['/api/items'],
    methods: ['PUT'],
    largestBytes: SMALL,
    probes: [{ method: 'PUT', path: '/api/items', body: '{}', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  'scheduled-minute': {
    routes: [],
    methods: [],
    schedule: '* * * * *',
    largestBytes: LARGE,
    probes: [
      { method: 'POST', path: '/', body: '{}', status: 200, type: 'application/json', says: /"resolve":"failed".*"deliver":"failed"/ },
    ],
  },
  'send-invoice': {
    routes: ['/api/invoices/:id/send'],
    methods: ['POST', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'POST', path: `/api/invoices/${someId}/send`, body: '{}', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
  'sign-in': {
    routes: ['/api/sign-in'],
    methods: ['POST', 'OPTIONS'],
    rateLimit: { windowLimit: 60, windowSize: 60, aggregateBy: ['ip', 'domain'] },
    largestBytes: SMALL,
    probes: [
      { method: 'POST', path: '/api/sign-in', body: '{}', status: 400, type: PROBLEM, says: /"invalid_input"/ },
      { method: 'POST', path: '/api/sign-in', body: tryCode, status: 500, type: PROBLEM, says: /"Internal error"/ },
    ],
  },
  'sign-in-code': {
    routes: ['/api/sign-in/code'],
    methods: ['POST', 'OPTIONS'],
    rateLimit: { windowLimit: 30, windowSize: 60, aggregateBy: ['ip', 'domain'] },
    largestBytes: 800_000, // it mails where SMS are off
    probes: [
      { method: 'POST', path: '/api/sign-in/code', body: '{}', status: 400, type: PROBLEM, says: /"invalid_input"/ },
      { method: 'POST', path: '/api/sign-in/code', body: askCode, status: 500, type: PROBLEM, says: /"Internal error"/ },
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
      { method: 'POST', path: '/api/payments/stk-push', body: '{oops', status: 400, type: PROBLEM, says: /not a JSON object/ },
      {
        method: 'POST',
        path: '/api/payments/stk-push',
        body: push('+255 712 345 678'),
        status: 400,
        type: PROBLEM,
        says: /Kenyan mobile number/,
      },
      { method: 'POST', path: '/api/payments/stk-push', body: push('0712 345 678'), status: 500, type: PROBLEM, says: /"Internal error"/ },
    ],
  },
  'withdrawal-status-result': {
    routes: ['/api/callbacks/withdrawal-status/:token/result'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      {
        method: 'POST',
        path: '/api/callbacks/withdrawal-status/nonsense/result',
        body: '{}',
        status: 404,
        type: 'text/plain',
        says: /^Not Found$/,
      },
    ],
  },
  'withdrawal-status-timeout': {
    routes: ['/api/callbacks/withdrawal-status/:token/timeout'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      {
        method: 'POST',
        path: '/api/callbacks/withdrawal-status/nonsense/timeout',
        body: '{}',
        status: 404,
        type: 'text/plain',
        says: /^Not Found$/,
      },
    ],
  },
  'reversal-result': {
    routes: ['/api/callbacks/reversal/:token/result'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      { method: 'POST', path: '/api/callbacks/reversal/nonsense/result', body: '{}', status: 404, type: 'text/plain', says: /^Not Found$/ },
    ],
  },
  'reversal-timeout': {
    routes: ['/api/callbacks/reversal/:token/timeout'],
    methods: ['POST'],
    largestBytes: SMALL,
    probes: [
      {
        method: 'POST',
        path: '/api/callbacks/reversal/nonsense/timeout',
        body: '{}',
        status: 404,
        type: 'text/plain',
        says: /^Not Found$/,
      },
    ],
  },
  reverse: {
    routes: ['/api/refunds'],
    methods: ['POST', 'OPTIONS'],
    largestBytes: SMALL,
    probes: [{ method: 'POST', path: '/api/refunds', body: '{}', status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  },
};

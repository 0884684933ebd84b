import type { Scope } from '#people/auth/rights.ts';

/** Who asks, in the order of the columns below. `stranger` is a customer whose number paid for nothing of `customer`. */
export const CALLERS = [
  'visitor',
  'customer',
  'stranger',
  'member',
  'treasurer',
  'admin',
  'key with the scope',
  'key without it',
  'disabled person',
  'ended session',
  'altered session',
] as const;
export type CallerName = (typeof CALLERS)[number];

/** One letter per caller: `+` is let in, `1` is 401, `3` is 403, `x` is 404 as for an unknown path. */
export type Row = {
  cells: string;
  /** What one who is let in is answered: the requests are made so that nothing happens. */
  passes: number;
  /** The scope that the key of the seventh column has. */
  scope?: Scope;
  body?: unknown;
};

//                   v c s m t a k w d e a
const EVERYBODY = '++++++++111'; // a credential in the header must be good even where none is needed
const SECRET_PATH = 'xxxxxxxxxxx'; // who does not know the token, whoever they are
const SIGNED_IN = '1+++++33111';
const MEMBERS = '133+++33111';
const STAFF = '1333+++3111';
const ADMIN = '13333++3111';
const ADMINS = '13333+33111'; // no key either
const TWO_PEOPLE = '1333++33111'; // no key approves

const open = (passes: number, body?: unknown): Row => ({ cells: EVERYBODY, passes, body });
const guarded = (cells: string, scope: Scope, passes: number, body?: unknown): Row => ({ cells, scope, passes, body });

/** The row of a way in. All of Safaricom's, and our own to ourselves, share one, the strictest: nobody passes who does not know the secret of the path. */
export const rowOf = (method: string, path: string): Row | undefined =>
  /^\/api\/(callbacks\/[^:]+|runs)\/:token(\/|$)/.test(path) ? { cells: SECRET_PATH, passes: 404, body: {} } : TABLE[`${method} ${path}`];

/** Every other way in. A function whose route has no row here fails the test. */
export const TABLE: Record<string, Row> = {
  'GET /api/health': open(200),
  'GET /api/items': open(200),
  'PUT /api/items': guarded(ADMIN, 'items:write', 400, {}),
  'POST /api/payments/stk-push': open(400, {}),
  'GET /api/payments/:id': open(200),
  'GET /api/payments': guarded('1++++++3111', 'payments:read', 200),
  'GET /api/invoices/:id.pdf': guarded(EVERYBODY, 'payments:read', 200), // who has its id; a key with this scope or `invoices:send` (test/desk/timelines-money.test.ts)
  'POST /api/invoices/:id/send': guarded(STAFF, 'invoices:send', 422, {}), // the payment has no e-mail
  'POST /api/sign-in/code': open(400, {}),
  'POST /api/sign-in': open(400, {}),
  'POST /api/sign-out': open(415), // a form of another site cannot send JSON
  'GET /api/me': { cells: SIGNED_IN, passes: 200 },
  'GET /api/me/sessions': { cells: SIGNED_IN, passes: 200 },
  'POST /api/me/sessions/end': { cells: SIGNED_IN, passes: 400, body: {} },
  'GET /api/people': { cells: ADMINS, passes: 200 },
  'GET /api/people/:id': { cells: ADMINS, passes: 404 },
  'POST /api/people': { cells: ADMINS, passes: 400, body: {} },
  'POST /api/people/:id': { cells: ADMINS, passes: 400, body: {} },
  'POST /api/people/:id/role': { cells: ADMINS, passes: 400, body: {} },
  'POST /api/people/:id/disable': { cells: ADMINS, passes: 400, body: {} },
  'POST /api/people/:id/enable': { cells: ADMINS, passes: 400, body: {} },
  'GET /api/people/:id/sessions': { cells: ADMINS, passes: 404 },
  'POST /api/people/:id/sessions/end': { cells: ADMINS, passes: 404, body: {} },
  'POST /api/phones/unlock': { cells: ADMINS, passes: 400, body: {} },
  'GET /api/unreachable': guarded(STAFF, 'members:read', 200),
  'GET /api/keys': { cells: ADMINS, passes: 200 },
  'POST /api/keys': { cells: ADMINS, passes: 400, body: {} },
  'POST /api/keys/:id/revoke': { cells: ADMINS, passes: 404, body: {} },
  'POST /api/keys/:id/take-over': { cells: ADMINS, passes: 404, body: {} },
  'GET /api/receipts': { cells: TWO_PEOPLE, passes: 200 },
  'POST /api/receipts': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'POST /api/receipts/:id/approve': { cells: TWO_PEOPLE, passes: 404, body: {} },
  'POST /api/receipts/:id/reject': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'POST /api/payments/:id/ask': guarded(STAFF, 'payments:read', 409, {}), // it is paid
  'GET /api/reports/balances': guarded(STAFF, 'reports:read', 200),
  'POST /api/members': { cells: SIGNED_IN, passes: 400, body: {} },
  'GET /api/members': guarded(STAFF, 'members:read', 200),
  'GET /api/members/:id': guarded('1++++++3111', 'members:read', 404), // nobody's id, to whoever may ask
  'POST /api/members/me': { cells: '133+++33111', passes: 400, body: {} },
  'GET /api/accounts/:id/statement': guarded('1++++++3111', 'members:read', 404),
  'POST /api/bookings': open(400, {}),
  'GET /api/bookings/:id': open(404),
  'POST /api/bookings/:id/resolve': guarded(ADMIN, 'bookings:write', 400, {}),
  'GET /api/payouts': guarded(STAFF, 'payouts:request', 200),
  'POST /api/payouts': guarded(STAFF, 'payouts:request', 400, {}),
  'POST /api/payouts/:id/decision': { cells: TWO_PEOPLE, passes: 404, body: {} },
  'GET /api/customer-messages': { cells: ADMINS, passes: 200 },
  'PUT /api/customer-messages': { cells: ADMINS, passes: 400, body: {} },
  'POST /api/messages/stop': open(400, {}),
  'GET /api/bulk-payouts': guarded(STAFF, 'payouts:request', 200),
  'POST /api/bulk-payouts': guarded(STAFF, 'payouts:request', 415, {}), // a file is no JSON
  'GET /api/bulk-payouts/:id': guarded(STAFF, 'payouts:request', 404),
  'POST /api/bulk-payouts/:id/decision': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'POST /api/bulk-payouts/:id/cancel': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'POST /api/payouts/:id/send-again': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'POST /api/payouts/stop': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'POST /api/payouts/start': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'GET /api/dead-letters': guarded(STAFF, 'letters:read', 200),
  'POST /api/dead-letters/:id/retry': { cells: TWO_PEOPLE, passes: 404, body: {} },
  'POST /api/dead-letters/:id/discard': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'POST /api/webhooks': { cells: ADMINS, passes: 400, body: { url: 'nowhere' } },
  'GET /api/webhooks': guarded(STAFF, 'webhooks:read', 200),
  'GET /api/webhooks/:id': guarded(STAFF, 'webhooks:read', 404),
  'POST /api/webhooks/:id': { cells: ADMINS, passes: 400, body: {} },
  'POST /api/webhooks/:id/secret': { cells: ADMINS, passes: 404, body: {} },
  'POST /api/webhooks/:id/discard': { cells: ADMINS, passes: 404, body: {} },
  'POST /api/webhooks/:id/test': { cells: ADMINS, passes: 404, body: {} },
  'GET /api/webhooks/:id/deliveries': guarded(STAFF, 'webhooks:read', 404),
  'POST /api/webhooks/:id/replay': { cells: ADMINS, passes: 400, body: {} },
  'GET /api/account-balance': guarded(STAFF, 'balance:read', 200),
  'POST /api/account-balance': guarded(STAFF, 'balance:read', 400, { unknown: true }),
  'GET /api/float-entries': guarded(STAFF, 'balance:read', 200),
  'POST /api/float-entries': guarded(STAFF, 'entries:ask', 400, {}),
  'POST /api/float-entries/:id/approve': { cells: TWO_PEOPLE, passes: 404, body: {} },
  'POST /api/float-entries/:id/reject': { cells: TWO_PEOPLE, passes: 404, body: {} },
  'GET /api/errors': { cells: TWO_PEOPLE, passes: 200 },
  'GET /api/retention': { cells: TWO_PEOPLE, passes: 200 },
  'GET /api/tasks': guarded(STAFF, 'tasks:read', 200),
  'GET /api/tasks/:id': guarded(STAFF, 'tasks:read', 404),
  'POST /api/tasks/:id/assign': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'POST /api/tasks/:id/note': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'POST /api/tasks/:id/close': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'GET /api/reports/evidence': guarded(STAFF, 'reports:read', 200),
  'GET /api/reports/summary': guarded(STAFF, 'reports:read', 200),
  'GET /api/reports/recent': guarded(STAFF, 'reports:read', 200),
  'GET /api/reports/pending': guarded(STAFF, 'reports:read', 200),
  'GET /api/reports/revenue': guarded(STAFF, 'reports:read', 200),
  'GET /api/reports/success-rate': guarded(STAFF, 'reports:read', 200),
  'GET /api/reports/time-to-pay': guarded(STAFF, 'reports:read', 200),
  'GET /api/reports/failures': guarded(STAFF, 'reports:read', 200),
  'GET /api/reports/float': guarded(STAFF, 'reports:read', 200),
  'GET /api/reports/messages': guarded(STAFF, 'reports:read', 200),
  'GET /api/transaction-status/:id': guarded(STAFF, 'balance:read', 404),
  'GET /api/payments/:id/timeline': guarded('1+xx+++3111', 'payments:read', 200),
  'GET /api/bookings/:id/timeline': guarded('1++++++3111', 'payments:read', 404), // a payment that is no booking, to whoever may ask
  'GET /api/payouts/:id/timeline': guarded(STAFF, 'payouts:request', 404),
  'GET /api/loans/:id/timeline': guarded('1++++++3111', 'loans:read', 404),
  'GET /api/members/:id/timeline': guarded('1++++++3111', 'members:read', 404),
  'GET /api/audit': { cells: TWO_PEOPLE, passes: 200 },
  'POST /api/transaction-status': guarded(STAFF, 'balance:read', 400, {}),
  'POST /api/paybill/register-urls': guarded(ADMIN, 'mpesa:register', 400, { unknown: true }),
  'POST /api/refunds': guarded(STAFF, 'reversals:request', 400, {}),
  'GET /api/reports/arrears': guarded(STAFF, 'reports:read', 200),
  'GET /api/loan-products': open(200),
  'PUT /api/loan-products': guarded(STAFF, 'products:write', 400, {}),
  'GET /api/loans': guarded('1++++++3111', 'loans:read', 200),
  'GET /api/loans/:id': guarded('1++++++3111', 'loans:read', 404),
  'POST /api/loans': { cells: MEMBERS, passes: 400, body: {} },
  'POST /api/loans/:id/decision': { cells: TWO_PEOPLE, passes: 404, body: { decision: 'reject' } },
  'POST /api/loans/:id/withdraw': { cells: MEMBERS, passes: 404, body: {} },
  'POST /api/loans/:id/disburse': { cells: TWO_PEOPLE, passes: 404, body: {} },
  'POST /api/loans/:id/settlement': { cells: MEMBERS, passes: 404, body: {} },
  'POST /api/loans/:id/waivers': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'GET /api/waivers': guarded(STAFF, 'loans:read', 200),
  'POST /api/waivers/:id/decision': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'POST /api/repayments/:id/reverse': guarded(STAFF, 'repayments:reverse', 400, {}),
  'GET /api/deposits': guarded(STAFF, 'deposits:match', 200),
  'POST /api/deposits/:id/take-back': { cells: TWO_PEOPLE, passes: 400, body: {} },
  'POST /api/statements': guarded(STAFF, 'statements:upload', 415, {}), // a file is no JSON
  'PUT /api/statements/:id/parts/:part': guarded(STAFF, 'statements:upload', 415, {}),
  'GET /api/statements': guarded(STAFF, 'statements:upload', 200),
  'GET /api/statements/:id': guarded(STAFF, 'statements:upload', 404),
  'POST /api/statements/:id/discard': guarded(STAFF, 'statements:upload', 404, {}),
  'POST /api/statements/:id/sign-off': { cells: TWO_PEOPLE, passes: 404, body: {} },
  'POST /api/statements/:id/withdraw': { cells: TWO_PEOPLE, passes: 404, body: { reason: 'The wrong account' } },
  'POST /api/paybill/retry-notices': guarded(STAFF, 'deposits:match', 200, {}),
  'POST /api/deposits/:id/match': guarded(STAFF, 'deposits:match', 400, {}),
  // no key, though it has the right
  'POST /api/deposits/:id/unmatch': guarded(TWO_PEOPLE, 'deposits:match', 404, {
    receivable: '01930000-0000-7000-8000-000000000001',
    reason: 'Not theirs',
  }),
};

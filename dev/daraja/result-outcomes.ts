/** How an asynchronous request can end: ResultCode and ResultDesc. */
export type ResultOutcome = { code: number | string; says: string };

const table = {
  completed: { code: 0, says: 'The service request is processed successfully.' },
  'insufficient-float': { code: 1, says: 'The balance is insufficient for the transaction.' },
  'below-minimum': { code: 2, says: 'Declined due to limit rule: less than the minimum transaction amount.' },
  'above-maximum': { code: 3, says: 'Declined due to limit rule: greater than the maximum transaction amount.' },
  'daily-limit': { code: 4, says: 'Declined due to limit rule: would exceed daily transfer limit.' },
  'recipient-full': { code: 8, says: 'Declined due to limit rule: would exceed the maximum balance.' },
  'account-inactive': { code: 11, says: 'The DebitParty is in an invalid state.' },
  'duplicate-id': { code: 15, says: 'The OriginatorConversationID is a duplicate.' },
  'internal-failure': { code: 17, says: 'System internal error.' },
  'password-failed': { code: 18, says: 'The initiator password check failed.' },
  'unknown-initiator': { code: 20, says: 'The initiator cannot be found.' },
  'no-role': { code: 21, says: 'The initiator is not allowed to initiate this request.' },
  'invalid-parameters': { code: 25, says: 'The request parameters are invalid.' },
  'system-busy': { code: 26, says: 'System busy. Please try again in few minutes.' },
  'initiator-invalid': { code: 2001, says: 'The initiator information is invalid.' },
  'status-forbids': { code: 2006, says: 'Declined due to account rule: The account status does not allow this transaction.' },
  'not-permitted': { code: 2028, says: 'The request is not permitted according to product assignment.' },
  'not-registered': { code: 2040, says: 'The receiver is not a registered customer.' },
  'initiator-locked': { code: 8006, says: 'The security credential is locked.' },
  'already-reversed': { code: 'R000001', says: 'The transaction has already been reversed.' },
  'invalid-receipt': { code: 'R000002', says: 'The OriginalTransactionID is invalid.' },
  'unknown-operator': { code: 'SFC_IC0003', says: 'The operator does not exist.' },
} as const satisfies Record<string, ResultOutcome>;

/** The name of an outcome, as results and plans use it. */
export type ResultOutcomeName = keyof typeof table;
/** Every outcome by name. */
export const resultOutcomes: Record<ResultOutcomeName, ResultOutcome> = table;
/** All names, `completed` first. */
export const resultOutcomeNames = Object.keys(table) as [ResultOutcomeName, ...ResultOutcomeName[]];

/** Outcomes decided before a transaction is made: their results carry a placeholder in place of a TransactionID. */
export const DECIDED_BEFORE: ReadonlySet<ResultOutcomeName> = new Set([
  'duplicate-id',
  'password-failed',
  'unknown-initiator',
  'no-role',
  'invalid-parameters',
  'initiator-invalid',
  'initiator-locked',
  'already-reversed',
  'invalid-receipt',
]);

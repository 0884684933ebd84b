/** How a prompt can end: the ResultCode and the words of the callback and, where they differ, of the query. */
export type Outcome = { code: number | string; says: string; querySays?: string };

const table = {
  paid: { code: 0, says: 'The service request is processed successfully.' },
  'insufficient-funds': { code: 1, says: 'The balance is insufficient for the transaction.' },
  'below-minimum': { code: 2, says: 'Declined due to limit rule: less than the minimum transaction amount.' },
  'above-maximum': { code: 3, says: 'Declined due to limit rule: greater than the maximum transaction amount.' },
  'daily-limit': { code: 4, says: 'Declined due to limit rule: would exceed daily transfer limit.' },
  'business-full': { code: 8, says: 'Declined due to limit rule: would exceed the maximum balance.' },
  'rule-limited': { code: 17, says: 'Rule limited.' },
  'system-busy': { code: 26, says: 'System busy. Please try again in few minutes.' },
  'subscriber-busy': { code: 1001, says: 'Unable to lock subscriber, a transaction is already in process for the current subscriber' },
  expired: { code: 1019, says: 'Transaction has expired' },
  'prompt-failed': { code: 1025, says: 'An error occurred while sending a push request' },
  cancelled: { code: 1032, says: 'Request cancelled by user', querySays: 'Request Cancelled by user.' },
  'no-acknowledgement': { code: 1036, says: 'SMSC ACK timeout.' },
  'no-answer': { code: 1037, says: 'No response from user.', querySays: 'DS timeout user cannot be reached.' },
  unreachable: { code: 1037, says: 'DS timeout user cannot be reached.' },
  'wrong-pin': { code: 2001, says: 'The initiator information is invalid.' },
  'not-permitted': { code: 2028, says: 'The request is not permitted according to product assignment.' },
  'pin-locked': { code: 8006, says: 'The security credential is locked.' },
  'prompt-error': { code: 9999, says: 'An error occurred while sending a push request' },
  'unknown-operator': { code: 'SFC_IC0003', says: 'The operator does not exist.' },
  'bad-debt': { code: 'E3008', says: 'Error, the user has a bad debt contract.' },
} as const satisfies Record<string, Outcome>;

/** The name of an outcome, as plans and answers use it. */
export type OutcomeName = keyof typeof table;
/** Every outcome by name. */
export const outcomes: Record<OutcomeName, Outcome> = table;
/** All names, `paid` first. */
export const outcomeNames = Object.keys(table) as [OutcomeName, ...OutcomeName[]];

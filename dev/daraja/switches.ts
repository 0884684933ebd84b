import * as z from 'zod';

/** Behaviours on which sources about Daraja disagree, or which get in a test's way. */
export const Switches = z.strictObject({
  expiresIn: z.enum(['number', 'string']),
  newTokenCancelsOld: z.boolean(),
  /** Result 17 for the same amount from the same customer within two minutes. */
  ruleSeventeen: z.boolean(),
  /** The share of queries about a known id that fail for no reason; 4 of 19 was measured once. */
  queryGlitchRate: z.number().min(0).max(1),
  /** What a query says while a prompt is open: three forms were recorded. */
  queryInFlight: z.enum(['4999', 'error-in-200', 'error-500']),
  /** The three forms of "Invalid Access Token". */
  invalidToken: z.enum(['404.001.03', '400.003.01', '401.002.01']),
  /** Before about 2020 a failure's text had a prefix. */
  wording: z.enum(['current', 'legacy']),
  callbackPhone: z.enum(['number', 'masked']),
  /** TransactionDate minus the real time; 90 to 140 s too early was recorded. */
  transactionDateSkewMs: z.int(),
  /** What a phone that was never seen has in its wallet, in whole shillings. */
  startBalanceShillings: z.int().min(0),
});
export type Switches = z.infer<typeof Switches>;

/** How the simulator behaves unless it is told otherwise. */
export const defaultSwitches: Switches = {
  expiresIn: 'number',
  newTokenCancelsOld: true,
  ruleSeventeen: false,
  queryGlitchRate: 0,
  queryInFlight: '4999',
  invalidToken: '404.001.03',
  wording: 'current',
  callbackPhone: 'number',
  transactionDateSkewMs: 0,
  startBalanceShillings: 100_000,
};

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
  /** Whether ResultType and ResultCode of a result are numbers or text. */
  resultCodes: z.enum(['number', 'string']),
  /** Whether a result names its ReferenceItem alone, in a list, or not at all. */
  referenceItem: z.enum(['object', 'array', 'absent']),
  /** Failures were documented with a single ResultParameter that is not in a list. */
  failureParameters: z.enum(['absent', 'object']),
  /** The TransactionID of a result that was decided before any transaction was made: both forms were recorded. */
  failedTransactionId: z.enum(['placeholder', 'receipt']),
  /** Whether the result of B2C v3 carries the merchant's OriginatorConversationID or one made by the gateway. */
  resultOriginatorId: z.enum(['yours', 'gateway']),
  /** How a result writes the payee's phone: 2547... or 07... */
  payeePhone: z.enum(['international', 'local']),
  /** No recorded body of a queue time-out is known. */
  queueTimeoutBody: z.enum(['envelope', 'empty']),
  /** How often a wrong initiator password may be sent before the initiator is locked. */
  initiatorTries: z.int().min(1),
  /** In production URLs are registered once, and payments cannot be simulated. */
  c2bMode: z.enum(['sandbox', 'production']),
  /** Whether payments are validated where a ValidationURL is registered; Safaricom switches it on for a merchant. */
  c2bValidation: z.boolean(),
  /** How notices of payments to a short code write the phone; by-version: hashed for v1, masked for v2 (documented). */
  c2bPhone: z.enum(['by-version', 'plain', 'masked', 'hashed']),
  /** Which names those notices carry. */
  c2bNames: z.enum(['first', 'all', 'none']),
  /** Whether an STK payment is confirmed as C2B too. */
  stkAsC2b: z.boolean(),
  /** Whether the notice of an STK payment to a paybill carries the reference of the push; a till's never does. */
  stkReference: z.enum(['kept', 'empty']),
  /** TransactionType of a till's notice: in production logs, and in the documentation. */
  tillType: z.enum(['Customer Merchant Payment', 'Buy Goods']),
  /** How a till's notice names the phone; gapped-hash is as recorded. */
  tillPhone: z.enum(['gapped-hash', 'hashed', 'masked', 'plain']),
  /** Under which short code a till's payment is notified and kept: its store's, which is the one that collects, or the till's own. */
  tillShortcode: z.enum(['store', 'till']),
  /** Whether M-PESA charges by the tariff of the day. */
  fees: z.enum(['none', 'tariff']),
  /** Who bears the charge of a payment to a paybill; a till's is always the business's. */
  paybillPayer: z.enum(['customer', 'business', 'shared']),
  /** Which account the business's charges are taken from: statements show the first, recorded balances below zero the second. */
  chargedAccount: z.enum(['utility', 'charges']),
  /** What the account of the short code that collects is called; a till's is a Merchant Account in any case. */
  storeAccount: z.enum(['utility', 'merchant']),
  /** What the status query says of a receipt that it does not know: the real code is not documented. */
  unknownReceiptCode: z.union([z.string().min(1), z.int()]),
  /** Whether a status answer names the customer's phone whole. */
  statusPhone: z.enum(['whole', 'masked']),
  pullPageSize: z.int().min(1).max(1000),
  pullPhone: z.enum(['number', 'masked']),
  /** How trxDate writes a moment: UTC with Z (right), Nairobi time with Z (wrong), Nairobi time with +03:00 (right), UTC with +03:00 (wrong), or all four. */
  pullTime: z.enum(['utc', 'nairobi-as-utc', 'offset', 'utc-as-offset', 'mixed']),
  pullSender: z.enum(['name', 'MPESA']),
  /** Two decimals were documented, one was seen. */
  pullAmount: z.enum(['350.00', '350.0']),
  /** What is answered where nothing is found. */
  pullNone: z.enum(['list', 'transaction', 'error-500']),
  /** Whether the head office's pull has the payments of its outlets too. */
  pullScope: z.enum(['own', 'organisation']),
  /** How long after one pull of a short code the next is refused; further pages are not. */
  pullThrottleMs: z.int().min(0),
  /** Pull knows a share of the rows, `pullLateShare`, only so long after the payment. */
  pullLateMs: z.int().min(0),
  pullLateShare: z.number().min(0).max(1),
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
  resultCodes: 'number',
  referenceItem: 'object',
  failureParameters: 'absent',
  failedTransactionId: 'placeholder',
  resultOriginatorId: 'yours',
  payeePhone: 'international',
  queueTimeoutBody: 'envelope',
  initiatorTries: 3,
  c2bMode: 'sandbox',
  c2bValidation: true,
  c2bPhone: 'by-version',
  c2bNames: 'first',
  stkAsC2b: true,
  stkReference: 'kept',
  tillType: 'Customer Merchant Payment',
  tillPhone: 'gapped-hash',
  tillShortcode: 'store',
  fees: 'none',
  paybillPayer: 'customer',
  chargedAccount: 'utility',
  storeAccount: 'utility',
  unknownReceiptCode: 'SFC_IC0003',
  statusPhone: 'whole',
  pullPageSize: 100,
  pullPhone: 'number',
  pullTime: 'utc',
  pullSender: 'name',
  pullAmount: '350.00',
  pullNone: 'list',
  pullScope: 'own',
  pullThrottleMs: 0,
  pullLateMs: 0,
  pullLateShare: 1,
};

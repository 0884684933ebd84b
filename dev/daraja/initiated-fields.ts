import { type FieldRule, isCallbackUrl, isPhone, isPresent, isShortCode, textOf } from './field-rules.ts';

const isAmount = (value: string) => /^[1-9]\d{0,8}$/.test(value);
const isRemarks = (value: string) => value.trim().length >= 2 && value.length <= 100;
const isOptional = (longest: number) => (value: string) => value.length <= longest;
const oneOf =
  (...allowed: string[]) =>
  (value: string) =>
    allowed.includes(value);

const credential: FieldRule = { field: 'SecurityCredential', valid: isPresent };
const remarks: FieldRule = { field: 'Remarks', valid: isRemarks };
const timeoutUrl: FieldRule = { field: 'QueueTimeOutURL', valid: isCallbackUrl };
const resultUrl: FieldRule = { field: 'ResultURL', valid: isCallbackUrl };

/** The fields of B2C version 1, in the order in which they are checked. Limits of the amount are the core's. */
export const payoutRules: FieldRule[] = [
  { field: 'InitiatorName', valid: isPresent },
  credential,
  { field: 'CommandID', valid: oneOf('BusinessPayment', 'SalaryPayment', 'PromotionPayment') },
  { field: 'Amount', valid: isAmount },
  { field: 'PartyA', valid: isShortCode },
  { field: 'PartyB', valid: isPhone },
  remarks,
  timeoutUrl,
  resultUrl,
  { field: 'Occassion', valid: isOptional(100) },
];

/** Version 3 wants an id of the merchant's own. */
export const payoutRulesV3: FieldRule[] = [{ field: 'OriginatorConversationID', valid: isPresent }, ...payoutRules];

/** The fields of a transaction status query. Which payment is meant is checked apart (`namesPayment`), since several fields can say it. */
export const statusRules: FieldRule[] = [
  { field: 'Initiator', valid: isPresent },
  credential,
  { field: 'CommandID', valid: oneOf('TransactionStatusQuery') },
  { field: 'PartyA', valid: (value) => /^\d{5,9}$/.test(value) || isPhone(value) },
  { field: 'IdentifierType', valid: oneOf('1', '2', '4') },
  resultUrl,
  timeoutUrl,
  { field: 'Remarks', valid: isOptional(100) },
  { field: 'Occasion', valid: isOptional(100) },
];

/** Whether a status query names a payment. */
export const namesPayment = (fields: Record<string, unknown>): boolean =>
  ['TransactionID', 'OriginalConversationID', 'OriginatorConversationID'].some((field) => isPresent(textOf(fields, field)));

/** The fields of an account balance query. */
export const balanceRules: FieldRule[] = [
  { field: 'Initiator', valid: isPresent },
  credential,
  { field: 'CommandID', valid: oneOf('AccountBalance') },
  { field: 'PartyA', valid: isShortCode },
  { field: 'IdentifierType', valid: oneOf('4', '2') },
  { field: 'Remarks', valid: isOptional(100) },
  timeoutUrl,
  resultUrl,
];

/** The fields of a reversal. The right spelling of RecieverIdentifierType is refused. */
export const reversalRules: FieldRule[] = [
  { field: 'Initiator', valid: isPresent },
  credential,
  { field: 'CommandID', valid: oneOf('TransactionReversal') },
  { field: 'TransactionID', valid: isPresent },
  { field: 'Amount', valid: isAmount },
  { field: 'ReceiverParty', valid: isShortCode },
  { field: 'RecieverIdentifierType', valid: oneOf('11', '4') },
  resultUrl,
  timeoutUrl,
  remarks,
];

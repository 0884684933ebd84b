import { type FieldRule, type Fields, isCallbackUrl, isPhone, isPresent, isShortCode, isTimestamp, textOf } from './field-rules.ts';
import type { Network } from './network.ts';
import { type Answer, coreRefusal } from './wire.ts';

const LARGEST_AMOUNT = 250_000;

const signatureRules: FieldRule[] = [
  { field: 'BusinessShortCode', valid: isShortCode },
  { field: 'Password', valid: isPresent },
  { field: 'Timestamp', valid: isTimestamp },
];

/** The fields of an STK push, in the order in which they are checked. */
export const stkPushRules: FieldRule[] = [
  ...signatureRules,
  { field: 'TransactionType', valid: (value) => value === 'CustomerPayBillOnline' || value === 'CustomerBuyGoodsOnline' },
  { field: 'Amount', valid: (value) => /^\d{1,9}$/.test(value) && Number(value) >= 1 && Number(value) <= LARGEST_AMOUNT },
  { field: 'PartyA', valid: isPhone },
  { field: 'PartyB', valid: isShortCode },
  { field: 'PhoneNumber', valid: isPhone },
  { field: 'CallBackURL', valid: isCallbackUrl },
  { field: 'AccountReference', valid: (value) => isPresent(value) && value.length <= 12 },
  // Documented as optional, yet refused under this name when it is missing.
  { field: 'TransactionDesc', called: 'Remarks', valid: isPresent },
];

/** The fields of an STK query. */
export const stkQueryRules: FieldRule[] = [...signatureRules, { field: 'CheckoutRequestID', valid: isPresent }];

/** Checks that the merchant exists and that Password is base64(BusinessShortCode + passkey + Timestamp) of this very request. */
export function checkMerchant(network: Network, fields: Fields): Answer | null {
  const { merchant } = network;
  if (textOf(fields, 'BusinessShortCode') !== merchant.shortcode) return coreRefusal(network, 'Merchant does not exist');
  const expected = Buffer.from(merchant.shortcode + merchant.passkey + textOf(fields, 'Timestamp')).toString('base64');
  return textOf(fields, 'Password') === expected ? null : coreRefusal(network, 'Wrong credentials');
}

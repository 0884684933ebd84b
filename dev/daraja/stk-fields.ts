import type { Network } from './network.ts';
import { type Answer, coreRefusal, invalidField } from './wire.ts';

type Fields = Record<string, unknown>;
/** A field, the name by which its refusal calls it where that differs, and what it must be. Order matters: the first wrong one is named. */
export type FieldRule = { field: string; called?: string; valid(value: string): boolean };

const LARGEST_AMOUNT = 250_000;
const LOCAL_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

const isShortCode = (value: string) => /^\d{5,7}$/.test(value);
const isPhone = (value: string) => /^254[17]\d{8}$/.test(value);
const isPresent = (value: string) => value.trim() !== '';

function isTimestamp(value: string): boolean {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(value)?.slice(1);
  if (!parts) return false;
  const [year, month, day, hour, minute, second] = parts;
  const moment = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return !Number.isNaN(moment.getTime()) && moment.getUTCDate() === Number(day);
}

/** Public https in the real network; http only to the own machine, for developers. */
function isCallbackUrl(value: string): boolean {
  if (/[<>\s]/.test(value) || !URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && LOCAL_HOSTS.has(hostname));
}

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

/** The field as text: numbers and strings are welcome everywhere, anything else counts as missing. */
export function textOf(fields: Fields, field: string): string {
  const value = fields[field];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** The refusal that the first wrong field earns, or null when all are well. */
export function checkFields(network: Network, fields: Fields, rules: FieldRule[]): Answer | null {
  const wrong = rules.find(({ field, valid }) => !valid(textOf(fields, field)));
  return wrong ? invalidField(network, wrong.called ?? wrong.field) : null;
}

/** Checks that the merchant exists and that Password is base64(BusinessShortCode + passkey + Timestamp) of this very request. */
export function checkMerchant(network: Network, fields: Fields): Answer | null {
  const { merchant } = network;
  if (textOf(fields, 'BusinessShortCode') !== merchant.shortcode) return coreRefusal(network, 'Merchant does not exist');
  const expected = Buffer.from(merchant.shortcode + merchant.passkey + textOf(fields, 'Timestamp')).toString('base64');
  return textOf(fields, 'Password') === expected ? null : coreRefusal(network, 'Wrong credentials');
}

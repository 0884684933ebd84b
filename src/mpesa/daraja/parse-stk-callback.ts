import * as z from 'zod';
import { fromNairobiTimestamp } from './nairobi-timestamp.ts';
import { readJsonObject } from './read-json-object.ts';
import { readPhone, type SeenPhone } from './read-phone.ts';
import { amount, id, readPart, receipt, resultCode, scalar } from './shapes.ts';
import { stkReason } from './stk-result-codes.ts';

/**
 * What one STK callback claims. `paid` always has checkoutRequestId, amountCents and receipt; `failed` has a checkoutRequestId and a
 * code that proves that no money moved; `unclear` holds whatever could be read and decides nothing.
 */
export type StkCallback = {
  says: 'paid' | 'failed' | 'unclear';
  checkoutRequestId?: string;
  merchantRequestId?: string;
  resultCode?: string;
  amountCents?: bigint;
  receipt?: string;
  phone?: SeenPhone;
  paidAt?: Date;
};

const LARGEST_BODY = 64 * 1024; // characters; a recorded callback has some 600

const Envelope = z.object({
  Body: z.object({
    stkCallback: z.object({
      MerchantRequestID: id,
      CheckoutRequestID: id,
      ResultCode: resultCode,
      CallbackMetadata: z.unknown().optional(),
    }),
  }),
});
const Items = z.object({
  Item: z
    .array(z.object({ Name: z.string(), Value: z.unknown().optional() }))
    .max(50)
    .nullish(),
});

/** Reads the body of an STK callback. Never throws: what is unreadable, tampered with or contradictory is `unclear`. */
export function parseStkCallback(body: string): StkCallback {
  const envelope = body.length > LARGEST_BODY ? undefined : Envelope.safeParse(readJsonObject(body)).data;
  if (!envelope) return { says: 'unclear' };
  const { MerchantRequestID, CheckoutRequestID, ResultCode, CallbackMetadata } = envelope.Body.stkCallback;
  const { details, sound } = readDetails(CallbackMetadata);
  return {
    says: sound && CheckoutRequestID ? verdictOn(ResultCode, details) : 'unclear',
    ...(CheckoutRequestID && { checkoutRequestId: CheckoutRequestID }),
    ...(MerchantRequestID && { merchantRequestId: MerchantRequestID }),
    ...(ResultCode && { resultCode: ResultCode }),
    ...details,
  };
}

type Details = Pick<StkCallback, 'amountCents' | 'receipt' | 'phone' | 'paidAt'>;

function verdictOn(resultCode: string | undefined, { amountCents, receipt }: Details): StkCallback['says'] {
  if (resultCode === undefined) return 'unclear';
  if (resultCode === '0') return amountCents && receipt ? 'paid' : 'unclear';
  if (amountCents || receipt) return 'unclear'; // a failure with a receipt contradicts itself
  return stkReason(resultCode).final ? 'failed' : 'unclear';
}

/** `sound` is false when something is there that M-PESA never writes: a doubled name, a list as a value, an amount of 1e2. */
function readDetails(metadata: unknown): { details: Details; sound: boolean } {
  if (metadata === undefined || metadata === null) return { details: {}, sound: true };
  const read = Items.safeParse(metadata);
  if (!read.success) return { details: {}, sound: false };
  const items = read.data.Item ?? [];
  const values = new Map(items.map(({ Name, Value }) => [Name, Value]));
  const distinct = new Set(items.map(({ Name }) => Name.trim().toLowerCase()));
  if (distinct.size !== items.length) return { details: {}, sound: false };

  const amountRead = readPart(values.get('Amount'), amount);
  const receiptRead = readPart(values.get('MpesaReceiptNumber'), receipt);
  const phoneRead = readPart(values.get('PhoneNumber'), scalar);
  const dateRead = readPart(values.get('TransactionDate'), scalar);
  const phone = phoneRead.value === undefined ? undefined : readPhone(phoneRead.value);
  const paidAt = dateRead.value === undefined ? undefined : fromNairobiTimestamp(String(dateRead.value));
  return {
    details: {
      ...(amountRead.value !== undefined && { amountCents: amountRead.value }),
      ...(receiptRead.value !== undefined && { receipt: receiptRead.value }),
      ...(phone && { phone }),
      ...(paidAt && { paidAt }),
    },
    sound: [amountRead, receiptRead, phoneRead, dateRead].every((each) => each.sound),
  };
}

import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import type { Config } from '#ground/config/config.ts';
import { newId } from '#ground/db/columns.ts';
import { toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';

/** A prompt that waits, and the callback that will say that it was paid. */
export type Waiting = { paymentId: string; attemptId: string; phone: string; checkoutRequestId: string; path: string; body: string };

/** The price of what is bought, in shillings. */
export const PRICE_SHILLINGS = 650;

const DAYS = '0123456789ABCDEFGHIJKLMNOPQRSTUV';

/** So many prompts on phones of their own, and callbacks as Safaricom writes them. */
export function makePrompts(count: number, keys: Config['callback']['tokenKeys'], now = new Date()): Waiting[] {
  const stamp = toNairobiTimestamp(now);
  const [year, month, day] = [Number(stamp.slice(0, 4)), Number(stamp.slice(4, 6)), Number(stamp.slice(6, 8))];
  const ofDay = String.fromCharCode(85 + year - 2026) + String.fromCharCode(64 + month) + DAYS[day];
  return Array.from({ length: count }, (_, n) => {
    const [paymentId, attemptId, phone] = [newId(), newId(), `254${720_000_000 + n}`];
    const checkoutRequestId = `ws_CO_${stamp}0${phone.slice(-9)}`;
    const receipt = `${ofDay}${(36 ** 6 + n).toString(36).toUpperCase()}`;
    const path = `/api/callbacks/stk/${makeCallbackToken(keys, 'stk', attemptId)}`;
    return { paymentId, attemptId, phone, checkoutRequestId, path, body: callbackBody({ checkoutRequestId, receipt, stamp, phone }) };
  });
}

const callbackBody = (paid: { checkoutRequestId: string; receipt: string; stamp: string; phone: string }) =>
  JSON.stringify({
    Body: {
      stkCallback: {
        MerchantRequestID: 'b31f-4564-95fc-12ecddde605b14769223',
        CheckoutRequestID: paid.checkoutRequestId,
        ResultCode: 0,
        ResultDesc: 'The service request is processed successfully.',
        CallbackMetadata: {
          Item: [
            { Name: 'Amount', Value: PRICE_SHILLINGS },
            { Name: 'MpesaReceiptNumber', Value: paid.receipt },
            { Name: 'Balance' },
            { Name: 'TransactionDate', Value: Number(paid.stamp) },
            { Name: 'PhoneNumber', Value: Number(paid.phone) },
          ],
        },
      },
    },
  });

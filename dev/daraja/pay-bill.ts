import * as z from 'zod';
import { isMerchants, isTill } from './accounts.ts';
import { type C2bOutcome, settleC2bPayment } from './c2b-payment.ts';
import { ControlError, readOrder } from './control-error.ts';
import { failedMessage } from './customer-messages.ts';
import type { Network } from './network.ts';
import { phoneNumber } from './phone-number.ts';
import { balanceOf, sendMessage } from './wallets.ts';

/** A customer's own payment: Lipa na M-PESA, Pay Bill (or Buy Goods, where the number is a till). Without `pin` the PIN counts as right. */
const PayBill = z.strictObject({
  phone: phoneNumber,
  amountShillings: z.int().min(1).max(250_000),
  /** The account that the customer types; a till asks for none. */
  account: z.string().max(20).default(''),
  shortcode: z.union([z.string(), z.number()]).transform(String).optional(),
  pin: z
    .string()
    .regex(/^\d{4}$/, 'a PIN has four digits; 0000 counts as a wrong one')
    .optional(),
});
export type PayBillInput = z.input<typeof PayBill>;
/** How a payment that a person made at the handset ended. */
export type PayBillOutcome = C2bOutcome | { outcome: 'wrong-pin' };

/** Pays as a customer would, and resolves when M-PESA has decided; the confirmation follows. */
export async function payBill(network: Network, order: PayBillInput): Promise<PayBillOutcome> {
  const { phone, amountShillings, account, shortcode = network.merchant.shortcode, pin } = readOrder(PayBill, order);
  if (!isMerchants(network, shortcode)) {
    throw new ControlError(404, `No merchant has the number ${shortcode}.`, `Pay to ${network.merchant.shortcode}.`);
  }
  const transactionType = isTill(network, shortcode) ? 'Buy Goods' : 'Pay Bill';
  if (pin === '0000') {
    const text = failedMessage(network, { amountShillings }, 'wrong-pin', balanceOf(network, phone));
    if (text) sendMessage(network, phone, text);
    network.save();
    return { outcome: 'wrong-pin' };
  }
  return settleC2bPayment(network, { phone, amountShillings, account, shortcode, transactionType });
}

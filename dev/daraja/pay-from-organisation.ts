import * as z from 'zod';
import { isMerchants, isTill, outletOf } from './accounts.ts';
import { confirmPayment } from './c2b-confirmation.ts';
import { ControlError, readOrder } from './control-error.ts';
import { moveMoney } from './move-money.ts';
import type { Network } from './network.ts';
import { note } from './network.ts';

const OrganisationPayment = z.strictObject({
  amountShillings: z.number().positive().multipleOf(0.01),
  account: z.string().max(20).default(''),
  /** The number of ours that is paid; by default the short code that collects. */
  shortcode: z.union([z.string(), z.number()]).transform(String).optional(),
  /** The business that pays. */
  from: z.union([z.string(), z.number()]).transform(String).default('600977'),
  name: z.string().min(1).default('MFANO SUPPLIES LIMITED'),
});
export type OrganisationPaymentInput = z.input<typeof OrganisationPayment>;

/** Lets another business pay. No validation is asked for; the confirmation follows. Answers the receipt. */
export async function payFromOrganisation(network: Network, order: OrganisationPaymentInput): Promise<{ receipt: string }> {
  const { amountShillings, account, shortcode = network.merchant.shortcode, from, name } = readOrder(OrganisationPayment, order);
  if (!isMerchants(network, shortcode)) throw new ControlError(404, `No merchant has the number ${shortcode}.`, 'See the front page.');
  const paid = moveMoney(network, {
    kind: 'organisation',
    phone: '',
    organisation: { shortcode: from, name },
    amountShillings,
    shortcode: outletOf(network, shortcode),
    till: isTill(network, shortcode) ? shortcode : null,
    accountReference: account,
  });
  note(network, `${name} (${from}) paid KES ${amountShillings} to ${shortcode} for ${account}, receipt ${paid.receipt}.`);
  network.save();
  await confirmPayment(network, paid);
  return { receipt: paid.receipt };
}

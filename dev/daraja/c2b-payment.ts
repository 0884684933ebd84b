import { isTill, outletOf } from './accounts.ts';
import { confirmPayment, registrationOf } from './c2b-confirmation.ts';
import { askValidation, type Verdict } from './c2b-validation.ts';
import { c2bPaidMessage, c2bRejectedMessage, failedMessage } from './customer-messages.ts';
import { moveMoney, newReceipt } from './move-money.ts';
import type { Network } from './network.ts';
import { note } from './network.ts';
import type { C2bPayment } from './state.ts';
import { balanceOf, decidePayment, sendMessage } from './wallets.ts';

/** How a customer's payment ended; `code` is the merchant's refusal. */
export type C2bOutcome =
  | { outcome: 'paid'; receipt: string }
  | { outcome: 'rejected'; code: string }
  | { outcome: 'insufficient-funds' | 'daily-limit' };

/** Lets a customer pay a paybill or till: wallet, validation, money, message, and then the confirmation. */
export async function settleC2bPayment(network: Network, payment: C2bPayment): Promise<C2bOutcome> {
  const { phone, amountShillings, shortcode } = payment;
  const till = isTill(network, shortcode) ? shortcode : null;
  const account = till === null ? payment.account : '';
  const refused = refuseForWallet(network, payment);
  if (refused) return refused;
  const receipt = newReceipt(network);
  const verdict = await validate(network, payment, receipt);
  if (!verdict.accepted) {
    note(network, `The payment ${receipt} of ${phone} was refused: ${verdict.code}.`);
    sendMessage(network, phone, c2bRejectedMessage(network, payment, verdict.code));
    network.save();
    return { outcome: 'rejected', code: verdict.code };
  }
  // While the merchant thought, the wallet may have been emptied.
  const late = refuseForWallet(network, payment);
  if (late) return late;
  const paid = moveMoney(
    network,
    { kind: 'c2b', phone, amountShillings, shortcode: outletOf(network, shortcode), till, accountReference: account },
    receipt,
  );
  note(network, `${phone} paid KES ${amountShillings} to ${shortcode} for ${account}, receipt ${receipt}.`);
  sendMessage(network, phone, c2bPaidMessage(network, payment, paid, balanceOf(network, phone)));
  network.save();
  await confirmPayment(network, paid, verdict.thirdPartyId);
  return { outcome: 'paid', receipt };
}

function refuseForWallet(network: Network, payment: C2bPayment): C2bOutcome | null {
  const outcome = decidePayment(network, payment.phone, payment.shortcode, payment.amountShillings);
  if (outcome === 'paid') return null;
  const text = failedMessage(network, payment, outcome, balanceOf(network, payment.phone));
  if (text) sendMessage(network, payment.phone, text);
  network.save();
  return { outcome };
}

async function validate(network: Network, payment: C2bPayment, receipt: string): Promise<Verdict> {
  const registration = registrationOf(network, payment.shortcode);
  if (!registration || !network.arranged.switches.c2bValidation) return { accepted: true, thirdPartyId: '' };
  return askValidation(network, registration, payment, receipt);
}

import { accountsOf, accountText, receivingAccount } from './accounts.ts';
import { reversalMessage } from './customer-messages.ts';
import { customerParty } from './customer-name.ts';
import { isCustomers, moveMoney } from './move-money.ts';
import { nairobiTimestamp } from './nairobi-time.ts';
import type { Network } from './network.ts';
import { money, type Processed, text } from './result-body.ts';
import type { Conversation } from './state.ts';
import { balanceOf, sendMessage } from './wallets.ts';

/** Reverses a received payment as a whole. What M-PESA does when asked for a part is not known: the simulator refuses that. */
export function processReversal(network: Network, conversation: Conversation): Processed {
  const { fields, conversationId, originatorConversationId } = conversation;
  const { transactions } = network.state;
  const shortcode = fields.ReceiverParty ?? '';
  const original = transactions.find((transaction) => transaction.receipt === fields.TransactionID && isCustomers(transaction));
  if (!original || accountsOf(network, original.shortcode) !== accountsOf(network, shortcode)) return { outcome: 'invalid-receipt' };
  if (transactions.some(({ reverses }) => reverses === original.receipt)) return { outcome: 'already-reversed' };
  const { phone, amountShillings } = original;
  if (Number(fields.Amount) !== amountShillings) return { outcome: 'invalid-parameters' };
  if (accountsOf(network, shortcode).utilityShillings < amountShillings) return { outcome: 'insufficient-float' };
  const reversed = moveMoney(network, {
    kind: 'reversal',
    phone,
    amountShillings,
    shortcode: original.shortcode,
    till: original.till,
    conversationId,
    originatorConversationId,
    reverses: original.receipt,
  });
  sendMessage(network, phone, reversalMessage(network, reversed, balanceOf(network, phone)));
  return {
    outcome: 'completed',
    receipt: reversed.receipt,
    parameters: [
      ['DebitAccountBalance', text(accountText(receivingAccount(network, shortcode), accountsOf(network, shortcode).utilityShillings))],
      ['Amount', money(amountShillings)],
      ['TransCompletedTime', nairobiTimestamp(new Date(reversed.at))],
      ['OriginalTransactionID', text(original.receipt)],
      ['Charge', money(0)],
      ['CreditPartyPublicName', text(customerParty(phone))],
      ['DebitPartyPublicName', text(`${shortcode} - ${network.merchant.businessName}`)],
    ],
  };
}

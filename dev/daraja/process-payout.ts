import { accountsOf } from './accounts.ts';
import { chargesOf } from './charges.ts';
import { payoutMessage } from './customer-messages.ts';
import { customerParty } from './customer-name.ts';
import { moveMoney } from './move-money.ts';
import { nairobiResultTime } from './nairobi-time.ts';
import type { Network } from './network.ts';
import { money, type Parameter, type Processed, text } from './result-body.ts';
import type { ResultOutcomeName } from './result-outcomes.ts';
import type { Conversation, Transaction } from './state.ts';
import { balanceOf, decideReceiving, sendMessage } from './wallets.ts';

const SMALLEST_SHILLINGS = 10;
const LARGEST_SHILLINGS = 250_000;

/** Pays a customer out of the utility account. */
export function processPayout(network: Network, conversation: Conversation): Processed {
  const { fields, conversationId, originatorConversationId } = conversation;
  const [shortcode, phone, amountShillings] = [fields.PartyA ?? '', fields.PartyB ?? '', Number(fields.Amount)];
  const problem = payoutProblem(network, shortcode, phone, amountShillings);
  if (problem) return { outcome: problem };
  const paid = moveMoney(network, { kind: 'b2c', phone, amountShillings, shortcode, conversationId, originatorConversationId });
  sendMessage(network, phone, payoutMessage(network, paid, balanceOf(network, phone)));
  return { outcome: 'completed', receipt: paid.receipt, parameters: payoutParameters(network, paid) };
}

function payoutProblem(network: Network, shortcode: string, phone: string, amountShillings: number): ResultOutcomeName | null {
  if (amountShillings < SMALLEST_SHILLINGS) return 'below-minimum';
  if (amountShillings > LARGEST_SHILLINGS) return 'above-maximum';
  const charge = network.arranged.switches.chargedAccount === 'utility' ? chargeOf(network, amountShillings) : 0;
  if (accountsOf(network, shortcode).utilityShillings < amountShillings + charge) return 'insufficient-float';
  const receiving = decideReceiving(network, phone, amountShillings);
  return receiving === 'received' ? null : receiving;
}

const chargeOf = (network: Network, amountShillings: number) =>
  chargesOf(network, { kind: 'b2c', amountShillings, till: null }).businessShillings;

/** In the order of the results recorded in 2023. */
function payoutParameters(network: Network, { shortcode, phone, amountShillings, receipt, at }: Transaction): Parameter[] {
  const { utilityShillings, workingShillings, chargesShillings } = accountsOf(network, shortcode);
  return [
    ['ReceiverPartyPublicName', text(customerParty(phone, network.arranged.switches.payeePhone))],
    ['TransactionCompletedDateTime', text(nairobiResultTime(new Date(at)))],
    ['B2CUtilityAccountAvailableFunds', money(utilityShillings)],
    ['B2CWorkingAccountAvailableFunds', money(workingShillings)],
    ['B2CRecipientIsRegisteredCustomer', text('Y')],
    ['B2CChargesPaidAccountAvailableFunds', money(chargesShillings)],
    ['TransactionAmount', String(amountShillings)],
    ['TransactionReceipt', text(receipt)],
  ];
}

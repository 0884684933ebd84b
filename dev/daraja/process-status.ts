import { nairobiTimestamp } from './nairobi-time.ts';
import type { Network } from './network.ts';
import { money, type Parameter, type Processed, text } from './result-body.ts';
import { resultOutcomes } from './result-outcomes.ts';
import type { ResultPlan } from './result-plan.ts';
import type { Conversation, Transaction } from './state.ts';
import { isIn, partiesOf } from './status-parties.ts';

const REASONS: Record<Transaction['kind'], string> = {
  stk: 'Pay Bill Online',
  c2b: 'Pay Bill Online',
  organisation: 'Organization To Organization Transfer',
  'top-up': 'Deposit of Funds from Bank',
  sweep: 'Utility Account to Organization Settlement Account',
  withdrawal: 'Agency Withdrawal of funds to Bank',
  b2c: 'Business Payment to Customer via API',
  reversal: 'Organization Reversal via API',
};

/** What a status answer says about a payment, whether or not money moved. */
type Told = Pick<
  Transaction,
  'kind' | 'shortcode' | 'till' | 'phone' | 'organisation' | 'amountShillings' | 'chargeShillings' | 'byHand'
> & {
  status: 'Completed' | 'Declined' | 'Authorized' | 'Expired';
  initiatedAt: string;
  finalisedAt: string | null;
  conversationId: string;
  originatorConversationId: string;
  receipt: string | null;
};

/**
 * Answers what became of a payment, found by its receipt or by the OriginatorConversationID of the request. The query itself succeeds (ResultCode 0) however
 * the payment ended. What the real query says about an unknown payment is not known: a switch decides.
 */
export function processStatus(network: Network, { fields, plan }: Conversation): Processed {
  const receipt = fields.TransactionID ?? '';
  const id = fields.OriginalConversationID || fields.OriginatorConversationID || '';
  const told = findTransaction(network, receipt, id) ?? findUnfinished(network, id);
  if (told) return { outcome: 'completed', parameters: statusParameters(network, told, plan) };
  const code = network.arranged.switches.unknownReceiptCode;
  const known = Object.values(resultOutcomes).find((outcome) => String(outcome.code) === String(code));
  return { outcome: 'unknown-operator', said: { code, says: known?.says ?? 'The transaction receipt number does not exist.' } };
}

function findTransaction(network: Network, receipt: string, id: string): Told | null {
  const found = network.state.transactions.find((moved) =>
    receipt ? moved.receipt === receipt : id !== '' && (moved.originatorConversationId === id || moved.conversationId === id),
  );
  return found ? { ...found, status: 'Completed', initiatedAt: found.at, finalisedAt: found.at } : null;
}

/** A payout or reversal that moved nothing, or not yet. */
function findUnfinished(network: Network, id: string): Told | null {
  const asked = Object.values(network.state.conversations).find(
    ({ api, conversationId, originatorConversationId }) =>
      (api === 'b2c' || api === 'reversal') && (originatorConversationId === id || conversationId === id),
  );
  if (!asked) return null;
  const { api, fields, state, outcome } = asked;
  return {
    kind: api === 'b2c' ? 'b2c' : 'reversal',
    shortcode: fields.PartyA ?? fields.ReceiverParty ?? '',
    till: null,
    phone: fields.PartyB ?? network.state.transactions.find(({ receipt }) => receipt === fields.TransactionID)?.phone ?? '',
    organisation: null,
    chargeShillings: 0,
    byHand: false,
    amountShillings: Number(fields.Amount),
    status: state !== 'closed' ? 'Authorized' : outcome === 'dropped' ? 'Expired' : 'Declined',
    initiatedAt: asked.requestedAt,
    finalisedAt: asked.settledAt,
    conversationId: asked.conversationId,
    originatorConversationId: asked.originatorConversationId,
    receipt: null,
  };
}

function reasonOf({ kind, till, byHand }: Told): string {
  if (byHand) return REASONS[kind].replace('via API', 'via Web');
  return till !== null && (kind === 'stk' || kind === 'c2b') ? 'Customer Merchant Payment' : REASONS[kind];
}

/** In the order of the result recorded in 2024. */
function statusParameters(network: Network, told: Told, plan: ResultPlan): Parameter[] {
  const { debit, credit } = partiesOf(network, told, plan);
  const fromCustomer = isIn(told) && told.organisation === null;
  const named = (key: string, party: string | null): Parameter[] => (party === null ? [] : [[key, text(party)]]);
  const time = (at: string) => nairobiTimestamp(new Date(at));
  const optional = (key: string, value: string | null): Parameter => (value === null ? [key] : [key, value]);
  return [
    ...named('DebitPartyName', debit),
    ...named('CreditPartyName', credit),
    ['OriginatorConversationID', text(told.originatorConversationId)],
    ['InitiatedTime', time(told.initiatedAt)],
    ['CreditPartyCharges'],
    ['DebitAccountType', text(fromCustomer ? 'MMF Account For Customer' : 'Utility Account')],
    ['TransactionReason'],
    ['ReasonType', text(reasonOf(told))],
    ['TransactionStatus', text(told.status)],
    optional('FinalisedTime', told.finalisedAt && time(told.finalisedAt)),
    ['Amount', String(told.amountShillings)],
    ['ConversationID', text(told.conversationId)],
    optional('ReceiptNo', told.receipt && text(told.receipt)),
    ...(told.kind === 'b2c' && told.chargeShillings > 0
      ? [['DebitPartyCharges', text(`Fee For B2C Payment|KES|${money(told.chargeShillings)}`)] satisfies Parameter]
      : []),
  ];
}

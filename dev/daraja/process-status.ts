import { customerParty } from './customer-name.ts';
import { nairobiTimestamp } from './nairobi-time.ts';
import type { Network } from './network.ts';
import type { Processed } from './processors.ts';
import { type Parameter, text } from './result-body.ts';
import type { Conversation, Transaction } from './state.ts';

const REASONS: Record<Transaction['kind'], string> = {
  stk: 'Pay Bill Online',
  c2b: 'Pay Bill Online',
  organisation: 'Organization To Organization Transfer',
  b2c: 'Business Payment to Customer via API',
  reversal: 'Organization Reversal via API',
};

/** What is told of a payment, whether or not money moved. */
type Told = {
  kind: Transaction['kind'];
  shortcode: string;
  phone: string;
  amountShillings: number;
  status: 'Completed' | 'Declined' | 'Authorized' | 'Expired';
  initiatedAt: string;
  finalisedAt: string | null;
  conversationId: string;
  originatorConversationId: string;
  receipt: string | null;
};

/**
 * Tells what became of a payment, found by its receipt or by the OriginatorConversationID of the request. The query itself
 * succeeds (ResultCode 0) whatever became of it. What the real one says of an unknown payment is not known: here SFC_IC0003.
 */
export function processStatus(network: Network, { fields }: Conversation): Processed {
  const receipt = fields.TransactionID ?? '';
  const id = fields.OriginalConversationID || fields.OriginatorConversationID || '';
  const told = findTransaction(network, receipt, id) ?? findUnfinished(network, id);
  return told ? { outcome: 'completed', parameters: statusParameters(network, told) } : { outcome: 'unknown-operator' };
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
    phone: fields.PartyB ?? '',
    amountShillings: Number(fields.Amount),
    status: state !== 'closed' ? 'Authorized' : outcome === 'dropped' ? 'Expired' : 'Declined',
    initiatedAt: asked.requestedAt,
    finalisedAt: asked.settledAt,
    conversationId: asked.conversationId,
    originatorConversationId: asked.originatorConversationId,
    receipt: null,
  };
}

/** In the order of the result recorded in 2024. */
function statusParameters(network: Network, told: Told): Parameter[] {
  const isIn = told.kind === 'stk' || told.kind === 'c2b';
  const organisation = `${told.shortcode} - ${network.merchant.businessName}`;
  const customer = told.phone === '' ? '' : customerParty(told.phone);
  const time = (at: string) => nairobiTimestamp(new Date(at));
  const optional = (key: string, value: string | null): Parameter => (value === null ? [key] : [key, value]);
  return [
    ['DebitPartyName', text(isIn ? customer : organisation)],
    ['CreditPartyName', text(isIn ? organisation : customer)],
    ['OriginatorConversationID', text(told.originatorConversationId)],
    ['InitiatedTime', time(told.initiatedAt)],
    ['CreditPartyCharges'],
    ['DebitAccountType', text(isIn ? 'MMF Account For Customer' : 'Utility Account')],
    ['TransactionReason'],
    ['ReasonType', text(REASONS[told.kind])],
    ['TransactionStatus', text(told.status)],
    optional('FinalisedTime', told.finalisedAt && time(told.finalisedAt)),
    ['Amount', String(told.amountShillings)],
    ['ConversationID', text(told.conversationId)],
    optional('ReceiptNo', told.receipt && text(told.receipt)),
  ];
}

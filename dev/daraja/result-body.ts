import { placeholderReceipt } from './identifiers.ts';
import { newReceipt } from './move-money.ts';
import { nairobiTimestamp } from './nairobi-time.ts';
import type { Network } from './network.ts';
import { DECIDED_BEFORE, type ResultOutcome, type ResultOutcomeName, resultOutcomes } from './result-outcomes.ts';
import type { ResultApi } from './result-plan.ts';
import type { Conversation } from './state.ts';

/** A ResultParameter: its key and its value as JSON text, since amounts have two decimals there; without a value the key stands alone. */
export type Parameter = [key: string, json?: string];

/** How a request ended; `receipt` is that of the money it moved, `said` replaces the outcome's own code and words. */
export type Processed = { outcome: ResultOutcomeName; receipt?: string; parameters?: Parameter[]; said?: ResultOutcome };

/** A JSON string. */
export const text = (value: string): string => JSON.stringify(value);
/** Shillings with two decimals, which no JSON number keeps. */
export const money = (shillings: number): string => shillings.toFixed(2);

/** The internal addresses that results name in place of the merchant's QueueTimeOutURL. */
const INTERNAL_URLS: Record<ResultApi, string> = {
  b2c: 'http:\\/\\/internalapi.safaricom.co.ke\\/mpesa\\/b2cresults\\/v1\\/submit',
  accountbalance: 'http:\\/\\/internalapi.safaricom.co.ke\\/mpesa\\/abresults\\/v1\\/submit',
  reversal: 'http:\\/\\/internalapi.safaricom.co.ke\\/mpesa\\/reversalresults\\/v1\\/submit',
  transactionstatus: '',
};

/** A result's text. `transactionId` is the receipt of the money that it moved, if it moved any. */
export function resultBody(
  network: Network,
  conversation: Conversation,
  outcome: ResultOutcomeName,
  transactionId: string | null,
  parameters: Parameter[],
  { code, says }: ResultOutcome = resultOutcomes[outcome],
): string {
  const shown = parameters.length > 0 ? `"ResultParameters":{"ResultParameter":[${parameters.map(item).join(',')}]}` : '';
  return envelope(network, conversation, {
    type: 0,
    code,
    says,
    transactionId: transactionId ?? withoutMoney(network, conversation, outcome),
    parameters: outcome === 'completed' ? shown : failureParameters(network),
  });
}

/** The body that the QueueTimeOutURL gets. No recorded one is known: this is an envelope that means neither failure nor success. */
export function queueTimeoutBody(network: Network, conversation: Conversation): string {
  if (network.arranged.switches.queueTimeoutBody === 'empty') return '{}';
  return envelope(network, conversation, {
    type: 1,
    code: 26,
    says: 'The request timed out while awaiting processing.',
    transactionId: placeholderReceipt(network.clock.now()),
    parameters: '',
  });
}

type Envelope = { type: number; code: number | string; says: string; transactionId: string; parameters: string };

function envelope(network: Network, conversation: Conversation, { type, code, says, transactionId, parameters }: Envelope): string {
  const quote = network.arranged.switches.resultCodes === 'string';
  const codeText = (value: number | string) => JSON.stringify(quote ? String(value) : value);
  return (
    `{"Result":{"ResultType":${codeText(type)},"ResultCode":${codeText(code)},"ResultDesc":${text(says)},` +
    `"OriginatorConversationID":${text(shownOriginatorId(network, conversation))},"ConversationID":${text(conversation.conversationId)},` +
    `"TransactionID":${text(transactionId)}${parameters === '' ? '' : `,${parameters}`}${referenceData(network, conversation)}}}`
  );
}

/** The TransactionID of a result that moved no money: always a placeholder for queries, a receipt of its own for a payment that failed late. */
function withoutMoney(network: Network, { api }: Conversation, outcome: ResultOutcomeName): string {
  const isQuery = api === 'transactionstatus' || api === 'accountbalance';
  const early = DECIDED_BEFORE.has(outcome) && network.arranged.switches.failedTransactionId === 'placeholder';
  return isQuery || early ? placeholderReceipt(network.clock.now()) : newReceipt(network);
}

const item = ([key, json]: Parameter) => (json === undefined ? `{"Key":${text(key)}}` : `{"Key":${text(key)},"Value":${json}}`);

const failureParameters = ({ arranged, clock }: Network) =>
  arranged.switches.failureParameters === 'object'
    ? `"ResultParameters":{"ResultParameter":${item(['BOCompletedTime', nairobiTimestamp(clock.now())])}}`
    : '';

function referenceData(network: Network, { api, fields }: Conversation): string {
  const form = network.arranged.switches.referenceItem;
  if (form === 'absent') return '';
  const occasion: Parameter = fields.Occasion ? ['Occasion', text(fields.Occasion)] : ['Occasion'];
  const reference = item(api === 'transactionstatus' ? occasion : ['QueueTimeoutURL', `"${INTERNAL_URLS[api]}"`]);
  return `,"ReferenceData":{"ReferenceItem":${form === 'array' ? `[${reference}]` : reference}}`;
}

/** A documented result of B2C v3 carries an id made by the gateway, not the one that the merchant sent. */
function shownOriginatorId(network: Network, { originatorConversationId, gatewayConversationId, plan }: Conversation): string {
  return (plan.resultOriginatorId ?? network.arranged.switches.resultOriginatorId) === 'gateway'
    ? gatewayConversationId
    : originatorConversationId;
}

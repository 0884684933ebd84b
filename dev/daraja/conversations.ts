import { promiseStep } from './agenda.ts';
import { editBody } from './callback-body.ts';
import { chooseResultPlan } from './choose-result-plan.ts';
import { tell } from './deliver.ts';
import type { Fields } from './field-rules.ts';
import { createConversationId, createRequestId } from './identifiers.ts';
import { checkInitiator } from './initiator.ts';
import { newReceipt } from './move-money.ts';
import type { Network } from './network.ts';
import { note } from './network.ts';
import { postLater } from './post-later.ts';
import { processors } from './processors.ts';
import { type Parameter, type Processed, queueTimeoutBody, resultBody, text } from './result-body.ts';
import type { ResultApi, ResultPlan } from './result-plan.ts';
import type { Conversation } from './state.ts';
import { type Answer, json, refusal } from './wire.ts';

type Asked = {
  api: ResultApi;
  fields: Fields;
  initiator: string;
  /** The merchant's own id, where the API takes one. */
  originatorConversationId?: string;
  /** Whom it pays. */
  recipient?: string;
};

/** Accepts an asynchronous request: acknowledges it and promises what its plan says. */
export async function openConversation(network: Network, asked: Asked): Promise<Answer> {
  const { state, clock, delays } = network;
  const { SecurityCredential, ...fields } = Object.fromEntries(Object.entries(asked.fields).map(([key, value]) => [key, String(value)]));
  const number = Object.keys(state.conversations).length + 1;
  const gatewayConversationId = createRequestId(state);
  const conversation: Conversation = {
    number,
    api: asked.api,
    conversationId: createConversationId(clock.now(), state),
    originatorConversationId: asked.originatorConversationId ?? gatewayConversationId,
    gatewayConversationId,
    fields,
    initiatorProblem: checkInitiator(network, asked.initiator, SecurityCredential ?? ''),
    requestedAt: clock.now().toISOString(),
    plan: chooseResultPlan(network, asked.api, number, asked.recipient ?? null),
    state: 'open',
    outcome: null,
    settledAt: null,
    receipt: null,
    result: null,
  };
  const { conversationId, originatorConversationId, plan } = conversation;
  state.conversations[conversationId] = conversation;
  if (asked.api === 'b2c') state.payoutsAccepted += 1;
  note(network, `${asked.api} ${conversationId} (${originatorConversationId}) was accepted.`);
  if (plan.resultFirst) await settleConversation(network, conversation);
  else promiseStep(network, plan.delayMs ?? delays.resultMs, { kind: 'process', conversationId });
  network.save();
  const answer = json(200, {
    ConversationID: conversationId,
    OriginatorConversationID: originatorConversationId,
    ResponseCode: '0',
    ResponseDescription: 'Accept the service request successfully.',
  });
  if (plan.responseError) return refusal(network, 500, '500.003.1001', 'Internal Server Error');
  return plan.responseLost ? { ...answer, fate: 'broken' } : answer;
}

/** Does now what falls due: first the queue's time-out where one is planned, then the outcome. */
export async function processConversation(network: Network, conversation: Conversation): Promise<void> {
  const { api, conversationId, plan, fields } = conversation;
  if (conversation.state !== 'open' || !plan.timedOut) return settleConversation(network, conversation);
  conversation.state = 'timed-out';
  const body = queueTimeoutBody(network, conversation);
  promiseStep(network, 0, {
    kind: 'post',
    telling: 'time-out',
    about: `queue time-out of ${api} ${conversationId}`,
    url: fields.QueueTimeOutURL ?? '',
    body,
  });
  promiseStep(network, plan.lateMs, { kind: 'process', conversationId });
}

/** Ends the request: money moves here if it moves at all, and the result follows. */
async function settleConversation(network: Network, conversation: Conversation): Promise<void> {
  const { api, conversationId, plan, fields } = conversation;
  const { outcome, receipt = null, parameters = [], said } = decide(network, conversation);
  Object.assign(conversation, { state: 'closed', outcome, receipt, settledAt: network.clock.now().toISOString() });
  note(network, `${api} ${conversationId} ended: ${outcome}${receipt ? `, receipt ${receipt}` : ''}.`);
  network.save();
  if (outcome === 'dropped') return;
  const about = `result of ${api} ${conversationId}`;
  const url = fields.ResultURL ?? '';
  const shown = misstateReceipts(network, plan, receipt, parameters);
  const body = resultBody(network, conversation, outcome, shown.receipt, shown.parameters, said);
  if (plan.resultFirst && !plan.lost) {
    conversation.result = editBody(network, body, plan.bodyEdits);
    for (let copy = 0; copy < plan.copies; copy += 1) await tell(network, 'result', about, url, conversation.result);
  } else conversation.result = postLater(network, 'result', about, url, body, plan);
  network.save();
}

/** A payout's result names its receipt twice; where planned, one of the two is a different receipt. */
function misstateReceipts(network: Network, { receipts }: ResultPlan, receipt: string | null, parameters: Parameter[]) {
  if (receipt === null || (receipts ?? 'same') === 'same') return { receipt, parameters };
  const other = newReceipt(network);
  if (receipts === 'other-id') return { receipt: other, parameters };
  return { receipt, parameters: parameters.map((each): Parameter => (each[0] === 'TransactionReceipt' ? [each[0], text(other)] : each)) };
}

type Decided = Processed | { outcome: 'dropped'; receipt?: string; parameters?: []; said?: never };

function decide(network: Network, conversation: Conversation): Decided {
  const { plan, initiatorProblem, api } = conversation;
  if (plan.outcome === 'dropped') return { outcome: 'dropped' };
  if (initiatorProblem) return { outcome: initiatorProblem };
  return plan.outcome === 'completed' ? processors[api](network, conversation) : { outcome: plan.outcome };
}

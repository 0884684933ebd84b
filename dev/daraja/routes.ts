import { acceptPayout, acceptPayoutV3 } from './b2c.ts';
import { registerUrlsV1, registerUrlsV2 } from './c2b-register.ts';
import { simulatePayment } from './c2b-simulate.ts';
import { openConversation } from './conversations.ts';
import type { ApiName } from './fault-order.ts';
import { answerWithFault, takeFault } from './faults.ts';
import { textOf } from './field-rules.ts';
import { balanceRules, namesPayment, reversalRules, statusRules } from './initiated-fields.ts';
import { type Network, note } from './network.ts';
import { generateToken } from './oauth.ts';
import { queryPull, registerPull } from './pull.ts';
import { readRequest } from './read-request.ts';
import { acceptStkPush } from './stk-push.ts';
import { answerStkQuery } from './stk-query.ts';
import { type Answer, type ApiRequest, invalidField, refusal } from './wire.ts';

type Route = {
  api: ApiName;
  method: 'GET' | 'POST';
  path: string;
  answer(network: Network, request: ApiRequest): Answer | Promise<Answer>;
};

/** Every Daraja API that is simulated. Each has a file of its own, except those that only open a conversation: they are below. */
export const routes: Route[] = [
  { api: 'oauth', method: 'GET', path: '/oauth/v1/generate', answer: generateToken },
  { api: 'stkpush', method: 'POST', path: '/mpesa/stkpush/v1/processrequest', answer: acceptStkPush },
  { api: 'stkquery', method: 'POST', path: '/mpesa/stkpushquery/v1/query', answer: answerStkQuery },
  { api: 'b2c', method: 'POST', path: '/mpesa/b2c/v1/paymentrequest', answer: acceptPayout },
  { api: 'b2c', method: 'POST', path: '/mpesa/b2c/v3/paymentrequest', answer: acceptPayoutV3 },
  { api: 'c2bregister', method: 'POST', path: '/mpesa/c2b/v1/registerurl', answer: registerUrlsV1 },
  { api: 'c2bregister', method: 'POST', path: '/mpesa/c2b/v2/registerurl', answer: registerUrlsV2 },
  { api: 'c2bsimulate', method: 'POST', path: '/mpesa/c2b/v1/simulate', answer: simulatePayment },
  { api: 'c2bsimulate', method: 'POST', path: '/mpesa/c2b/v2/simulate', answer: simulatePayment },
  { api: 'transactionstatus', method: 'POST', path: '/mpesa/transactionstatus/v1/query', answer: acceptStatusQuery },
  { api: 'accountbalance', method: 'POST', path: '/mpesa/accountbalance/v1/query', answer: acceptBalanceQuery },
  { api: 'reversal', method: 'POST', path: '/mpesa/reversal/v1/request', answer: acceptReversal },
  { api: 'pullregister', method: 'POST', path: '/pulltransactions/v1/register', answer: registerPull },
  { api: 'pullquery', method: 'POST', path: '/pulltransactions/v1/query', answer: queryPull },
];

/** Answers a request as Daraja's gateway does: path, method, ordered faults, then the API itself. */
export async function answerDaraja(network: Network, request: ApiRequest): Promise<Answer> {
  const route = routes.find(({ path }) => path === request.url.pathname);
  if (!route) return refusal(network, 404, '404.001.01', 'Resource not found');
  if (route.method !== request.method) return refuseMethod(network, request.method);
  if (route.api === 'oauth') network.state.tokenCalls += 1;
  if (route.api === 'stkquery') network.state.queryCalls += 1;
  network.save();
  const fault = takeFault(network, route.api);
  if (!fault) return route.answer(network, request);
  note(network, `A fault was ordered for ${route.api}: ${fault.fault}.`);
  return answerWithFault(network, fault, async () => route.answer(network, request));
}

/** A GET in place of a POST was seen to be refused for its header; a refusal of any other verb names the verb. */
function refuseMethod(network: Network, method: string): Answer {
  if (method === 'GET') return refusal(network, 404, '404.001.04', 'Invalid Authentication Header');
  return refusal(network, 405, '405.001', `${method} Method Not Allowed`);
}

/** POST /mpesa/accountbalance/v1/query: asks what is in the accounts of a short code. */
async function acceptBalanceQuery(network: Network, request: ApiRequest): Promise<Answer> {
  const { fields, refused } = readRequest(network, request, balanceRules, ['collecting', 'paying']);
  return refused ?? openConversation(network, { api: 'accountbalance', fields, initiator: textOf(fields, 'Initiator') });
}

/** POST /mpesa/reversal/v1/request: gives a payment that came by STK push or C2B back to the customer. */
async function acceptReversal(network: Network, request: ApiRequest): Promise<Answer> {
  const { fields, refused } = readRequest(network, request, reversalRules, ['collecting', 'paying']);
  return refused ?? openConversation(network, { api: 'reversal', fields, initiator: textOf(fields, 'Initiator') });
}

/** POST /mpesa/transactionstatus/v1/query: asks what became of a payment, by receipt or by the id of the request. */
async function acceptStatusQuery(network: Network, request: ApiRequest): Promise<Answer> {
  const { fields, refused } = readRequest(network, request, statusRules, ['collecting', 'paying']);
  if (refused) return refused;
  if (!namesPayment(fields)) return invalidField(network, 'TransactionID');
  return openConversation(network, { api: 'transactionstatus', fields, initiator: textOf(fields, 'Initiator') });
}

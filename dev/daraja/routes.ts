import { type ApiName, answerWithFault, takeFault } from './faults.ts';
import type { Network } from './network.ts';
import { note } from './network.ts';
import { generateToken } from './oauth.ts';
import { acceptStkPush } from './stk-push.ts';
import { answerStkQuery } from './stk-query.ts';
import { type Answer, type ApiRequest, refusal } from './wire.ts';

type Route = {
  api: ApiName;
  method: 'GET' | 'POST';
  path: string;
  answer(network: Network, request: ApiRequest): Answer | Promise<Answer>;
};

/** Every Daraja API that is simulated: one file each. */
export const routes: Route[] = [
  { api: 'oauth', method: 'GET', path: '/oauth/v1/generate', answer: generateToken },
  { api: 'stkpush', method: 'POST', path: '/mpesa/stkpush/v1/processrequest', answer: acceptStkPush },
  { api: 'stkquery', method: 'POST', path: '/mpesa/stkpushquery/v1/query', answer: answerStkQuery },
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

/** GET where POST belongs was seen as a complaint about the header; every other verb is named. */
function refuseMethod(network: Network, method: string): Answer {
  if (method === 'GET') return refusal(network, 404, '404.001.04', 'Invalid Authentication Header');
  return refusal(network, 405, '405.001', `${method} Method Not Allowed`);
}

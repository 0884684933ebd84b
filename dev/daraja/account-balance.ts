import { openConversation } from './conversations.ts';
import { textOf } from './field-rules.ts';
import { balanceRules } from './initiated-fields.ts';
import type { Network } from './network.ts';
import { readRequest } from './read-request.ts';
import type { Answer, ApiRequest } from './wire.ts';

/** POST /mpesa/accountbalance/v1/query: asks what is in the accounts of a short code. */
export async function acceptBalanceQuery(network: Network, request: ApiRequest): Promise<Answer> {
  const { fields, refused } = readRequest(network, request, balanceRules, ['collecting', 'paying']);
  return refused ?? openConversation(network, { api: 'accountbalance', fields, initiator: textOf(fields, 'Initiator') });
}

import { openConversation } from './conversations.ts';
import { textOf } from './field-rules.ts';
import { namesPayment, statusRules } from './initiated-fields.ts';
import type { Network } from './network.ts';
import { readRequest } from './read-request.ts';
import { type Answer, type ApiRequest, invalidField } from './wire.ts';

/** POST /mpesa/transactionstatus/v1/query: asks what became of a payment, by receipt or by the id of the request. */
export async function acceptStatusQuery(network: Network, request: ApiRequest): Promise<Answer> {
  const { fields, refused } = readRequest(network, request, statusRules, ['collecting', 'paying']);
  if (refused) return refused;
  if (!namesPayment(fields)) return invalidField(network, 'TransactionID');
  return openConversation(network, { api: 'transactionstatus', fields, initiator: textOf(fields, 'Initiator') });
}

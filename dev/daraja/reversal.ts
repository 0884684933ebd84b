import { openConversation } from './conversations.ts';
import { textOf } from './field-rules.ts';
import { reversalRules } from './initiated-fields.ts';
import type { Network } from './network.ts';
import { readRequest } from './read-request.ts';
import type { Answer, ApiRequest } from './wire.ts';

/** POST /mpesa/reversal/v1/request: gives a payment that came by STK push or C2B back to the customer. */
export async function acceptReversal(network: Network, request: ApiRequest): Promise<Answer> {
  const { fields, refused } = readRequest(network, request, reversalRules, ['collecting', 'paying']);
  return refused ?? openConversation(network, { api: 'reversal', fields, initiator: textOf(fields, 'Initiator') });
}

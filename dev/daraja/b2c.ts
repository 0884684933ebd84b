import { openConversation } from './conversations.ts';
import { textOf } from './field-rules.ts';
import { payoutRules, payoutRulesV3 } from './initiated-fields.ts';
import type { Network } from './network.ts';
import { readRequest } from './read-request.ts';
import { type Answer, type ApiRequest, refusal } from './wire.ts';

/** POST /mpesa/b2c/v1/paymentrequest: pays a customer. Two equal requests pay twice, since version 1 knows no id of the merchant's. */
export async function acceptPayout(network: Network, request: ApiRequest): Promise<Answer> {
  const { fields, refused } = readRequest(network, request, payoutRules, ['paying']);
  if (refused) return refused;
  return openConversation(network, {
    api: 'b2c',
    fields,
    initiator: textOf(fields, 'InitiatorName'),
    recipient: textOf(fields, 'PartyB'),
  });
}

/** POST /mpesa/b2c/v3/paymentrequest: pays a customer once per OriginatorConversationID. */
export async function acceptPayoutV3(network: Network, request: ApiRequest): Promise<Answer> {
  const { fields, refused } = readRequest(network, request, payoutRulesV3, ['paying']);
  if (refused) return refused;
  const originatorConversationId = textOf(fields, 'OriginatorConversationID');
  const taken = Object.values(network.state.conversations).some((other) => other.originatorConversationId === originatorConversationId);
  if (taken) return refusal(network, 500, '500.002.1001', 'Duplicate OriginatorConversationID.');
  return openConversation(network, {
    api: 'b2c',
    fields,
    initiator: textOf(fields, 'InitiatorName'),
    recipient: textOf(fields, 'PartyB'),
    originatorConversationId,
  });
}

import { type AppName, checkBearer } from './check-bearer.ts';
import { checkFields, type FieldRule, type Fields } from './field-rules.ts';
import type { Network } from './network.ts';
import { note } from './network.ts';
import { type Answer, type ApiRequest, readFields, refusal } from './wire.ts';

/** The fields of a request with a valid token and valid fields, or else its refusal. */
export function readRequest(
  network: Network,
  request: ApiRequest,
  rules: FieldRule[],
  apps?: AppName[],
): { fields: Fields; refused?: never } | { fields?: never; refused: Answer } {
  const fields = readFields(request);
  const refused =
    checkBearer(network, request, apps) ??
    (fields ? checkFields(network, fields, rules) : refusal(network, 400, '400.002.05', 'Invalid Request Payload'));
  if (refused) note(network, `${request.url.pathname} was refused: ${refused.body}`);
  return refused ? { refused } : { fields: fields ?? {} };
}

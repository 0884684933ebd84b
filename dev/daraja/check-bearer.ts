import { invalidToken } from './faults.ts';
import type { Network } from './network.ts';
import { type Answer, type ApiRequest, refusal } from './wire.ts';

/** The refusal of a request without a living token, or null when it has one. */
export function checkBearer(network: Network, request: ApiRequest): Answer | null {
  const [scheme, value] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !value) return refusal(network, 404, '404.001.04', 'Invalid Authentication Header');
  const now = network.clock.now().getTime();
  const lives = network.state.tokens.some((token) => token.value === value && Date.parse(token.expiresAt) > now);
  return lives ? null : invalidToken(network, value);
}

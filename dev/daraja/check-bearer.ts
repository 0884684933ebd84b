import { invalidToken } from './faults.ts';
import type { Network } from './network.ts';
import { type Answer, type ApiRequest, refusal } from './wire.ts';

/** The merchant's apps: the one that collects and, where it has keys of its own, the one that pays out. */
export type AppName = 'collecting' | 'paying';

/** The refusal of a request without a living token of one of these apps, or null when it has one. */
export function checkBearer(network: Network, request: ApiRequest, apps: AppName[] = ['collecting']): Answer | null {
  const [scheme, value] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !value) return refusal(network, 404, '404.001.04', 'Invalid Authentication Header');
  const { consumerKey, b2cConsumerKey } = network.merchant;
  const keys = apps.map((app) => (app === 'collecting' ? consumerKey : b2cConsumerKey));
  const now = network.clock.now().getTime();
  const lives = network.state.tokens.some(
    (token) => token.value === value && Date.parse(token.expiresAt) > now && keys.includes(token.consumerKey),
  );
  return lives ? null : invalidToken(network, value);
}

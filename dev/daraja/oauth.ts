import { createAccessToken } from './identifiers.ts';
import type { Network } from './network.ts';
import { note } from './network.ts';
import { type Answer, type ApiRequest, emptyBadRequest, json, refusal } from './wire.ts';

const LIFETIME_S = 3_599;

/** GET /oauth/v1/generate: a token for the right key and secret, an empty 400 for wrong ones. */
export function generateToken(network: Network, request: ApiRequest): Answer {
  const { state, merchant, arranged, clock } = network;
  const [scheme, encoded] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic' || !encoded) return refusal(network, 400, '400.008.01', 'Invalid Authentication passed');
  if (request.url.searchParams.get('grant_type') !== 'client_credentials') {
    return refusal(network, 400, '400.008.02', 'Invalid grant type passed');
  }
  const given = Buffer.from(encoded, 'base64').toString();
  const apps = [
    { key: merchant.consumerKey, secret: merchant.consumerSecret },
    { key: merchant.b2cConsumerKey, secret: merchant.b2cConsumerSecret },
  ];
  const app = apps.find(({ key, secret }) => given === `${key}:${secret}`);
  if (!app) {
    note(network, 'A token was refused: wrong consumer key or secret.');
    return emptyBadRequest;
  }
  const now = clock.now().getTime();
  const token = { value: createAccessToken(state), consumerKey: app.key, expiresAt: new Date(now + LIFETIME_S * 1_000).toISOString() };
  const cancelled = (other: string) => arranged.switches.newTokenCancelsOld && other === app.key;
  state.tokens = state.tokens.filter((other) => Date.parse(other.expiresAt) > now && !cancelled(other.consumerKey));
  state.tokens.push(token);
  network.save();
  note(network, 'A token was given out.');
  return json(200, { access_token: token.value, expires_in: arranged.switches.expiresIn === 'number' ? LIFETIME_S : String(LIFETIME_S) });
}

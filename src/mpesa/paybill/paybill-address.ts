import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import type { Config } from '#ground/config/config.ts';
import { isRegistrable } from '../daraja/c2b-register.ts';

type Settings = Pick<Config, 'callback' | 'site'>;

/** Possible subjects of the paybill's callback token. All notices share one, since Safaricom registers one address. */
const subject = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

/**
 * The address for Safaricom's notices, with this deployment's secret in its path. About one secret in 500 contains a word that Safaricom refuses in addresses: then
 * the secret of the next subject is used, so that the same keys always give the same address.
 */
export function paybillUrls({ callback, site }: Settings): { confirmationUrl: string; validationUrl: string } {
  let n = 0;
  let token = makeCallbackToken(callback.tokenKeys, 'c2b', subject(n));
  while (!isRegistrable(token)) {
    n += 1;
    token = makeCallbackToken(callback.tokenKeys, 'c2b', subject(n));
  }
  const path = `${site.url}/api/callbacks/c2b/${token}`;
  return { confirmationUrl: `${path}/confirmation`, validationUrl: `${path}/validation` };
}

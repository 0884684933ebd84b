import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import type { Config } from '#ground/config/config.ts';
import { isRegistrable } from '../daraja/c2b-register.ts';

type Settings = Pick<Config, 'callback' | 'site'>;

/** The subjects that the paybill may have in its callback tokens: one for all notices, since Safaricom registers one address. */
const subject = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

/**
 * Where Safaricom tells of paybill payments, with the secret of this deployment in the path. A secret may by chance spell a word that Safaricom refuses in addresses
 * (one in some 500 does): then the next subject's is taken, so that the same keys always give the same address.
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

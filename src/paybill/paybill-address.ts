import { makeCallbackToken } from '../callback-tokens/callback-token.ts';
import type { Config } from '../config.ts';
import { isRegistrable } from '../daraja/c2b-register.ts';

type Settings = Pick<Config, 'callback' | 'site'>;

/** The paybill's subject in its callback tokens: one for all notices, since Safaricom registers one address. */
const subject = (n: number): string => `00000000-0000-7000-8000-0000000000${n.toString(16).padStart(2, '0')}`;
const SUBJECTS = 256;

/**
 * Where Safaricom tells of paybill payments, with the secret of this deployment in the path. A secret may by chance spell a word that Safaricom refuses in addresses
 * (one in some 500 does): then the next subject's is taken, so that the same keys always give the same address.
 */
export function paybillUrls({ callback, site }: Settings): { confirmationUrl: string; validationUrl: string } {
  const tokens = Array.from({ length: SUBJECTS }, (_, n) => makeCallbackToken(callback.tokenKeys, 'c2b', subject(n)));
  const path = `${site.url}/api/callbacks/c2b/${tokens.find(isRegistrable) ?? tokens[0]}`;
  return { confirmationUrl: `${path}/confirmation`, validationUrl: `${path}/validation` };
}

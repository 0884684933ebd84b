import type { Api } from './api.ts';
import { toNairobiTimestamp } from './nairobi-timestamp.ts';

/** The three fields that begin every STK request. Password and Timestamp belong together and are new for each request. */
export function signStkRequest({ merchant, clock }: Pick<Api, 'merchant' | 'clock'>) {
  const timestamp = toNairobiTimestamp(clock.now());
  return {
    BusinessShortCode: merchant.shortcode,
    Password: Buffer.from(merchant.shortcode + merchant.passkey + timestamp).toString('base64'),
    Timestamp: timestamp,
  };
}

import { DarajaError } from '#mpesa/daraja/errors.ts';
import { fetchToken } from '#mpesa/daraja/fetch-token.ts';
import { explainTokenFailure } from './check-safaricom.ts';
import { type Check, findings } from './finding.ts';
import { readConfiguration } from './read-configuration.ts';

const CHECK = 'app for payouts';
const { ok } = findings(CHECK);

/** Whether Safaricom knows the app for payouts, where it is not the one for prompts. */
export const checkB2cApp: Check = async ({ environment, fetch, clock, timeoutMs }) => {
  const config = readConfiguration(environment);
  const own = config?.initiator?.app;
  if (!config || !own) return [];
  const { baseUrl } = config.mpesa;
  const { host } = new URL(baseUrl);
  try {
    await fetchToken({ baseUrl, ...own, clock, fetch, timeoutMs });
    return [ok(`${host} gave a token for the app for payouts.`)];
  } catch (error) {
    if (!(error instanceof DarajaError)) throw error;
    const keys = ['MPESA_B2C_CONSUMER_KEY', 'MPESA_B2C_CONSUMER_SECRET'];
    return [{ ...explainTokenFailure(error, host, environment.MPESA_ENV, keys), check: CHECK }];
  }
};

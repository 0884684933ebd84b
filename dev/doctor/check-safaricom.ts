import { safaricomAccount } from '#ground/config/config.ts';
import { DarajaError, type DarajaReason } from '#mpesa/daraja/errors.ts';
import { fetchToken } from '#mpesa/daraja/fetch-token.ts';
import { type Check, type Finding, findings, type Patient } from './finding.ts';

const { ok, warn, fail } = findings('Safaricom');

const MOST_SKEW_MS = 5 * 60_000;

/** Whether Safaricom knows our app, by asking for a token, and whether our clock agrees with its own. A new token may cancel the one before; the site gets itself another. */
export const checkSafaricom: Check = async (patient) => {
  const account = readAccount(patient.environment);
  if (!account) return [];
  const { host } = new URL(account.baseUrl);
  const { fetch, dateOf } = watchDates(patient.fetch);
  const { clock, timeoutMs } = patient;
  try {
    const token = await fetchToken({ ...account, clock, fetch, timeoutMs });
    const minutes = Math.round((token.expiresAt.getTime() - clock.now().getTime()) / 60_000);
    return [ok(`${host} gave a token for our app; it lives ${minutes} minutes.`), ...skew(dateOf(), clock)];
  } catch (error) {
    if (!(error instanceof DarajaError)) throw error;
    return [explainTokenFailure(error, host, patient.environment.MPESA_ENV), ...skew(dateOf(), clock)];
  }
};

function readAccount(environment: NodeJS.ProcessEnv) {
  try {
    return safaricomAccount(environment);
  } catch {
    return undefined; // the configuration check says what is missing
  }
}

/** Why there was no token, and how to mend it; `keys` are the variables that hold the app's key and secret. */
export function explainTokenFailure(
  { reason, message }: DarajaError,
  host: string,
  environment: string | undefined,
  keys = ['MPESA_CONSUMER_KEY', 'MPESA_CONSUMER_SECRET'],
): Finding {
  const portal = 'developer.safaricom.co.ke (My Apps)';
  const other = environment === 'production' ? 'sandbox' : 'production';
  const explained: Partial<Record<DarajaReason, Finding>> = {
    wrong_credentials: fail(
      `${host} does not know this pair of ${keys.join(' and ')}.`,
      `Copy both again from the app at ${portal}; MPESA_ENV is ${environment}, and keys of a ${other} app work there only.`,
    ),
    blocked_by_firewall: fail(
      `The firewall in front of ${host} (Incapsula) does not let this machine through.`,
      'Wait some minutes and try from another network; hosting providers are blocked more often than homes. Ask apisupport@safaricom.co.ke if the site itself is blocked.',
    ),
    throttled: fail(`${host} has had too many requests from us.`, 'Wait some minutes and try again.'),
    unreachable: fail(
      `${host} cannot be reached: ${causeOf(message)}.`,
      'Check the network, the name server and MPESA_BASE_URL if it is set.',
    ),
    timed_out: fail(`${host} did not answer in time.`, 'Try again in some minutes; Safaricom has outages.'),
    connection_lost: fail(`The connection to ${host} broke off.`, 'Try again in some minutes; Safaricom has outages.'),
    maintenance: fail(`${host} is under maintenance.`, 'Try again later.'),
    server_error: fail(`${host} has a failure of its own.`, 'Try again in some minutes; Safaricom has outages.'),
    unreadable_answer: fail(
      `What ${host} answered is not a token.`,
      'Look whether a proxy answers in its place, and at MPESA_BASE_URL if it is set.',
    ),
    merchant_not_allowed: fail(`The app at ${host} has no product for this call.`, `Add M-PESA Express to the app at ${portal}.`),
  };
  return explained[reason] ?? fail(`${host} refused: ${reason}.`, `Look at the app at ${portal}.`);
}

const causeOf = (message: string): string => {
  const [, code] = /\b(E[A-Z_]+|CERT\w+|UND_ERR\w+|\w*CERT\w*)\b/.exec(message) ?? [];
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'no such host, or no name server answers';
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code?.includes('CERT')) return 'its certificate is not trusted';
  return code ?? 'no connection';
};

/** The same `fetch`, which also keeps the Date header of the last answer. */
function watchDates(fetch: Patient['fetch']): { fetch: Patient['fetch']; dateOf(): Date | undefined } {
  let date: string | null = null;
  return {
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      date = response.headers.get('date');
      return response;
    },
    dateOf: () => (date === null || Number.isNaN(Date.parse(date)) ? undefined : new Date(date)),
  };
}

/** A prompt is signed with the time: one that is too far off may be refused. */
function skew(theirs: Date | undefined, clock: Patient['clock']): Finding[] {
  if (!theirs) return [];
  const offMs = clock.now().getTime() - theirs.getTime();
  if (Math.abs(offMs) <= MOST_SKEW_MS) return [];
  const says = `The clock of this machine is ${Math.round(Math.abs(offMs) / 60_000)} minutes ${offMs > 0 ? 'ahead of' : 'behind'} Safaricom's.`;
  return [warn(says, 'Let the machine set its clock from the network; on Netlify the platform does it.')];
}

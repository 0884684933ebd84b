import * as z from 'zod';
import { readJsonObject } from '#mpesa/daraja/read-json-object.ts';
import { type Check, type Finding, findings } from './finding.ts';

const { ok, warn, fail } = findings('SendGrid');

const SENDGRID = 'https://api.sendgrid.com';
const FREE_MAIL = /@(gmail|googlemail|yahoo|ymail|outlook|hotmail|live|icloud|aol)\./i;
const Scopes = z.object({ scopes: z.array(z.string()) });
const NEW_KEY = 'Make a key in SendGrid (Settings, API Keys) with the right "Mail Send" and set SENDGRID_API_KEY.';

/** Whether SendGrid knows the key and lets it send mail. Sends none. */
export const checkSendGrid: Check = async ({ environment, fetch, timeoutMs }) => {
  const { SENDGRID_API_KEY: key, SENDGRID_BASE_URL: own, INVOICE_EMAIL_FROM: from = '' } = environment;
  if (!key) return [];
  const base = own || SENDGRID;
  if (!URL.canParse(base)) return [];
  const { host } = new URL(base);
  return [await askScopes(), ...sender(from)];

  async function askScopes(): Promise<Finding> {
    try {
      const response = await fetch(new URL('/v3/scopes', base), {
        headers: { authorization: `Bearer ${key?.trim()}` },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      return judge(response.status, await response.text(), host, Boolean(own));
    } catch {
      return fail(`${host} cannot be reached.`, 'Check the network, and SENDGRID_BASE_URL if it is set.');
    }
  }
};

function judge(status: number, body: string, host: string, isOwn: boolean): Finding {
  if (status === 401) return fail(`${host} does not know the key in SENDGRID_API_KEY.`, NEW_KEY);
  if (status === 403) return fail(`${host} refuses the key: it has no rights, or the account is suspended.`, NEW_KEY);
  if (status === 404 && isOwn) return ok(`${host} is a mail inbox of one's own: mails stay there, and the key is not checked.`);
  if (status === 429) return warn(`${host} has had too many requests.`, 'Try again in a minute.');
  const parsed = status === 200 ? Scopes.safeParse(readJsonObject(body)) : undefined;
  if (!parsed?.success) return fail(`${host} answered ${status} where it should list the rights of the key.`, 'Try again in a minute.');
  if (!parsed.data.scopes.includes('mail.send')) return fail('The key in SENDGRID_API_KEY is valid but may not send mail.', NEW_KEY);
  return ok(`${host} knows the key, and it may send mail.`);
}

function sender(from: string): Finding[] {
  if (!FREE_MAIL.test(from)) return [];
  return [
    warn(
      'INVOICE_EMAIL_FROM is an address of a free mail provider: invoices will land in spam or be refused.',
      'Send from a domain of your own, authenticated in SendGrid (Settings, Sender Authentication).',
    ),
  ];
}

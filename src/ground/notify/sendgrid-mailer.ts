import sendgrid from '@sendgrid/mail';
import type { Config } from '../config/config.ts';
import { ProviderFailure, Refusal } from '../outbox/refusal.ts';

/** One e-mail, composed. `id` is ours: the provider keeps it beside the mail, so that a repeat can be recognised. */
export type Mail = {
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  attachments: { filename: string; type: string; content: Uint8Array }[];
};

/** Sends e-mail. Resolves when the provider has accepted it; throws when it has not, with a `Refusal` if it never will. */
export type Mailer = { send(mail: Mail): Promise<void> };

const TIMEOUT_MS = 10_000;

/** Sends through SendGrid, from the address and under the name of the organisation. */
export function createSendGridMailer({ mail, organisation }: Pick<Config, 'mail' | 'organisation'>): Mailer {
  sendgrid.setApiKey(mail.apiKey);
  sendgrid.setTimeout(TIMEOUT_MS);
  const { client } = sendgrid as unknown as { client: { setDefaultRequest(key: 'baseUrl', value: string): void } };
  if (mail.baseUrl) client.setDefaultRequest('baseUrl', mail.baseUrl); // after the key: setApiKey resets it
  return {
    async send({ id, to, subject, text, html, attachments }) {
      await sendgrid
        .send({
          to,
          from: { email: mail.from, name: organisation.name },
          ...(mail.replyTo && { replyTo: mail.replyTo }),
          subject,
          text,
          html,
          attachments: attachments.map(({ content, ...rest }) => ({
            ...rest,
            content: Buffer.from(content).toString('base64'),
            disposition: 'attachment',
          })),
          customArgs: { malipo_id: id },
          trackingSettings: { clickTracking: { enable: false }, openTracking: { enable: false } },
        })
        .catch(explain);
    },
  };
}

/** SendGrid's final refusals: 400 about the recipient's address or about the mail, 413 when it is too large. */
function refusalOf(error: unknown): Refusal | undefined {
  const { code, response } = error as { code?: unknown; response?: { body?: { errors?: { field?: unknown }[] } } };
  if (code !== 400 && code !== 413) return undefined;
  const fields = (response?.body?.errors ?? []).map(({ field }) => String(field));
  return code === 400 && fields.some((field) => /^personalizations\.\d+\.to\b/.test(field))
    ? new Refusal('address', 'SendGrid refuses the e-mail address (HTTP 400).')
    : new Refusal('message', `SendGrid refuses the mail (HTTP ${code}).`);
}

/** SendGrid's errors contain the whole request, recipient and content: only the status is passed on. */
function explain(error: unknown): never {
  const refusal = refusalOf(error);
  if (refusal) throw refusal;
  const status = (error as { code?: unknown }).code;
  throw new ProviderFailure(
    `SendGrid did not take the mail: ${typeof status === 'number' ? `HTTP ${status}` : String(status ?? 'no answer')}`,
  );
}

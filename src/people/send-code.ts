import type { App } from '../app.ts';
import { createSms } from '../notify/create-sms.ts';
import { codeWords } from './code-words.ts';

/** A code to be said, to whom and how. `email` is that of a person of ours. */
export type CodeToSend = { id: string; code: string; phone: string; email: string | null; language: 'en' | 'sw' };

type World = Pick<App, 'config' | 'log'>;

/**
 * Says a code at once: by SMS, or where SMS are off by e-mail to those who have one with us. Not repeated by any job, since a code that comes late is useless: its owner asks
 * for another. Throws when the provider did not take it.
 */
export async function sendCode({ config, log }: World, { id, code, phone, email, language }: CodeToSend): Promise<void> {
  const { subject, text } = codeWords(code, { language, organisation: config.organisation.name, siteUrl: config.site.url });
  const sms = createSms(config.sms);
  if (sms) return sms.send({ id, to: phone, text });
  if (!email) return log.info('code_not_sent', { codeId: id, why: 'SMS are off and there is no e-mail' });
  const { createSendGridMailer } = await import('../notify/sendgrid-mailer.ts'); // large, and most sites send SMS
  const html = `<p>${text.split('\n')[0]?.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)}</p>`;
  await createSendGridMailer(config).send({ id, to: email, subject, text, html, attachments: [] });
}

import type { App } from '../app.ts';
import { createSms } from '../notify/create-sms.ts';
import { createSendGridMailer } from '../notify/sendgrid-mailer.ts';
import { composeMail, type Letter } from './compose-mail.ts';
import type { Channel, Recipient } from './find-recipient.ts';

/** A message by either channel, with an id of ours by which the provider knows a repeat. */
export type ToSay = { id: string; sms: string; mail: Letter };

/** False where SMS are off: then nothing is said by SMS, and the e-mail says it. */
export const canSay = ({ config }: Pick<App, 'config'>, channel: Channel): boolean => channel === 'email' || config.sms.provider !== 'none';

/** Sends a message to a person by one channel. Throws when the provider did not take it. */
export async function sendWords({ config }: Pick<App, 'config'>, channel: Channel, to: Recipient, { id, sms, mail }: ToSay): Promise<void> {
  if (channel === 'sms') return createSms(config.sms)?.send({ id, to: to.address, text: sms });
  const composed = composeMail(mail, { ...to, organisation: config.organisation });
  await createSendGridMailer(config).send({ id, to: to.address, ...composed, attachments: [] });
}

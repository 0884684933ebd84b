import { composeMail, type Letter } from '#ground/notify/compose-mail.ts';
import { createSms } from '#ground/notify/create-sms.ts';
import { createSendGridMailer } from '#ground/notify/sendgrid-mailer.ts';
import { addWhereFree } from '#ground/notify/to-sms-text.ts';
import { markIfRefused } from '#ground/notify/unreachable.ts';
import type { App } from '#mpesa/wiring/app.ts';
import type { Channel, Recipient } from './find-recipient.ts';

/** A message by either channel, with an id of ours by which the provider recognises a repeat. */
export type ToSay = { id: string; sms: string; mail: Letter };

/** False for SMS where they are off: then only the e-mail goes. */
export const canSay = ({ config }: Pick<App, 'config'>, channel: Channel): boolean => channel === 'email' || config.sms.provider !== 'none';

const STOP = { en: 'Stop these messages', sw: 'Sitisha ujumbe huu' };

/**
 * Sends a message to a person by one channel. A member is also shown where to stop the messages, in an SMS only where that costs nothing. Throws when the
 * provider did not accept it; an address that it refuses for good is marked.
 */
export function sendWords(app: Pick<App, 'config' | 'db' | 'clock'>, channel: Channel, to: Recipient, message: ToSay): Promise<void> {
  const about = { channel, address: to.address, subject: to.personId, now: app.clock.now() };
  return markIfRefused(app.db, about, () => send(app, channel, to, message));
}

function send({ config }: Pick<App, 'config'>, channel: Channel, to: Recipient, { id, sms, mail }: ToSay): Promise<void> | undefined {
  const stopUrl = to.memberId === null ? undefined : `${config.site.url}/messages`;
  if (channel === 'sms') {
    const text = stopUrl ? addWhereFree(sms, `${STOP[to.language]}: ${stopUrl}`) : sms;
    return createSms(config.sms)?.send({ id, to: to.address, text });
  }
  const composed = composeMail(mail, { ...to, organisation: config.organisation, stopUrl });
  return createSendGridMailer(config).send({ id, to: to.address, ...composed, attachments: [] });
}

import { refusalOf } from '#ground/db/errors.ts';
import { countNoticeSql } from '#ground/limits/count-daily.ts';
import { composeMail } from '#ground/notify/compose-mail.ts';
import { countSent } from '#ground/notify/count-sent.ts';
import { createSms } from '#ground/notify/create-sms.ts';
import { hasOptedOut } from '#ground/notify/opt-out.ts';
import { createSendGridMailer } from '#ground/notify/sendgrid-mailer.ts';
import { addWhereFree, TWO_SMS, toSmsText } from '#ground/notify/to-sms-text.ts';
import { addressHash, isUnreachable, markIfRefused } from '#ground/notify/unreachable.ts';
import type { Deliverers } from '#ground/outbox/delivery/drain.ts';
import type { CHANNELS } from '#ground/outbox/message.ts';
import type { Language } from '#ground/text/language.ts';
import { addDays, morningOf, nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { customerWords } from './customer-words.ts';
import { type CustomerFacts, readFacts } from './read-facts.ts';
import { stopTokenOf } from './stop-messages.ts';

const TRY_AGAIN = { en: 'Try again', sw: 'Jaribu tena' };
const STOP = { en: 'Stop these messages', sw: 'Sitisha ujumbe huu' };

type Channel = (typeof CHANNELS)[number];

/**
 * Tells a customer of an event about their payment, in its language: by SMS to the phone that paid, by mail to the address that was given with the payment. Facts
 * are read now: what is no longer true is not said. What has not left yet is looked at again. Above the day's cap of an address it is looked at again the next morning, and given up once it is no news any more. A refused address is marked, and
 * opens no task: nobody can mend it.
 */
export const sayCustomerNotice: Deliverers<App>['customer_notice'] = async (app, { event, subjectId, channel }, id) => {
  if (channel === 'sms' && app.config.sms.provider === 'none') return undefined;
  const now = app.clock.now();
  const facts = await readFacts(app.db, event, subjectId, now);
  if (facts && !facts.hasLeft) return isOld(facts, now) ? undefined : new Date(now.getTime() + LOOK_AGAIN_MS);
  const address = channel === 'sms' ? facts?.phone : facts?.email;
  if (!facts || !address) return undefined;
  if ((await isUnreachable(app.db, channel, address)) || (await hasOptedOut(app.db, channel, address))) return undefined;
  if (await isOverCap(app, channel, address, id)) return isOld(facts, now) ? undefined : morningOf(addDays(nairobiDay(now), 1));
  const { transactionType, shortcode } = app.config.mpesa;
  const language = facts.language ?? 'en';
  const sentences = customerWords(event, facts, { paybill: transactionType === 'paybill' ? shortcode : undefined }, language);
  const tryAgainUrl = event === 'payment_failed' ? `${app.config.site.url}/pay?payment=${facts.paymentId}` : undefined;
  const said: ToSay = { id, address, sentences, language, tryAgainUrl, stopUrl: stopUrlOf(app, facts, { channel, address }) };
  const text = smsOf(app, said);
  const send = () => (channel === 'sms' ? createSms(app.config.sms)?.send({ id, to: address, text }) : sendMail(app, said));
  await markIfRefused(app.db, { channel, address, subject: null, now }, send);
  await countSent(app, { channel, kind: event, text });
  return undefined;
};

/** Where a customer stops the messages to this address: the link holds a token for it, so that nobody stops another's. */
const stopUrlOf = ({ config }: App, { paymentId }: CustomerFacts, to: { channel: Channel; address: string }): string | undefined =>
  paymentId === null ? undefined : `${config.site.url}/messages?stop=${stopTokenOf(config, paymentId, to)}`;

/** That money is on its way is told once it is; when it has arrived meanwhile, that alone. */
const LOOK_AGAIN_MS = 5 * 60_000;
const DAY_MS = 24 * 3_600_000;

const isOld = ({ newsSince }: CustomerFacts, now: Date): boolean => newsSince !== null && now.getTime() - newsSince.getTime() > DAY_MS;

async function isOverCap({ db, config, clock }: App, channel: Channel, address: string, id: string): Promise<boolean> {
  try {
    await db.execute(countNoticeSql(`${channel}:${addressHash(channel, address)}`, id, config.limits.noticesPerDay, clock.now()));
    return false;
  } catch (error) {
    if (refusalOf(error)?.code === 'daily_cap') return true;
    throw error;
  }
}

type ToSay = {
  id: string;
  address: string;
  sentences: string[];
  language: Language;
  tryAgainUrl: string | undefined;
  stopUrl: string | undefined;
};

function smsOf({ config }: App, { sentences: [first, ...rest], language, tryAgainUrl, stopUrl }: ToSay): string {
  const again = tryAgainUrl ? [`${TRY_AGAIN[language]}: ${tryAgainUrl}`] : [];
  const { text } = toSmsText([`${config.organisation.name}: ${first}`, ...rest, ...again], TWO_SMS);
  return stopUrl ? addWhereFree(text, `${STOP[language]}: ${stopUrl}`) : text;
}

function sendMail({ config }: App, { id, address, sentences, language, tryAgainUrl, stopUrl }: ToSay): Promise<void> {
  const paragraphs = sentences.map((text, n) => ({
    text,
    link: tryAgainUrl && n + 1 === sentences.length ? { label: TRY_AGAIN[language], url: tryAgainUrl } : undefined,
  }));
  const letter = { subject: (sentences[0] ?? '').replace(/\.$/, ''), paragraphs };
  const mail = composeMail(letter, { because: 'payment', name: '', language, organisation: config.organisation, stopUrl });
  return createSendGridMailer(config).send({ id, to: address, ...mail, attachments: [] });
}

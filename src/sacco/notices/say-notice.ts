import { refusalOf } from '#ground/db/errors.ts';
import { countNoticeSql } from '#ground/limits/count-daily.ts';
import { TWO_SMS, toSmsText } from '#ground/notify/to-sms-text.ts';
import type { Deliverers } from '#ground/outbox/delivery/drain.ts';
import type { NoticeEvent } from '#ground/outbox/message.ts';
import type { Language } from '#ground/text/language.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { findRecipient } from './find-recipient.ts';
import { memberWordsEn } from './member-words-en.ts';
import { memberWordsSw } from './member-words-sw.ts';
import type { Around, Words } from './notice-words.ts';
import { paybillOf, payLink } from './pay-link.ts';
import { tomorrowMorning } from './quiet-hours.ts';
import { type Facts, readFacts } from './read-facts.ts';
import { canSay, sendWords, type ToSay } from './send-words.ts';
import { treasurerWords } from './treasurer-words.ts';

/**
 * Sends the message `notice` to the member it is about, or to a treasurer, in their language. Recipient and facts are read now: nothing is sent to somebody who
 * may no longer be written to, or about what is no longer true. A member who has had as many messages as a day allows gets it the next morning.
 */
export const sayNotice: Deliverers<App>['notice'] = async (app, { event, subjectId, personId, channel }, id) => {
  const now = app.clock.now();
  const today = nairobiDay(now);
  if (!canSay(app, channel)) return undefined;
  const [recipient, facts] = await Promise.all([findRecipient(app.db, { personId }, channel), readFacts(app.db, event, subjectId, today)]);
  if (!recipient || !facts) return undefined;
  const { language } = recipient;
  if (recipient.memberId === facts.memberId) {
    if (await hadTheirMessages(app, `${channel}:${personId}`, id, now)) return tomorrowMorning(now);
    const words = memberWords(event, facts, { today, paybill: paybillOf(app) }, language);
    await sendWords(app, channel, recipient, toSay(app, id, words, language, facts));
  } else if (recipient.role === 'treasurer') {
    await sendWords(app, channel, recipient, toSay(app, id, treasurerWords(event, facts, language), language));
  }
  return undefined;
};

async function hadTheirMessages({ db, config }: App, to: string, id: string, now: Date): Promise<boolean> {
  try {
    await db.execute(countNoticeSql(to, id, config.limits.noticesPerDay, now));
    return false;
  } catch (error) {
    if (refusalOf(error)?.code === 'daily_cap') return true;
    throw error;
  }
}

const PAY = { en: 'Pay', sw: 'Lipa' };

/** A mail to a borrower links to the page where they pay. An SMS does so only when something is due or there is no paybill, as a link makes one SMS two. */
function toSay(app: App, id: string, { subject, sentences }: Words, language: Language, borrowed?: Facts): ToSay {
  const dues = borrowed && 'dues' in borrowed ? borrowed.dues : undefined;
  const url = dues && payLink(app.config.site.url, dues);
  const [first = '', ...rest] = sentences;
  const ending = url && (dues.dueCents > 0n || !paybillOf(app)) ? [`${PAY[language]}: ${url}`] : [];
  const { text } = toSmsText([`${app.config.organisation.name}: ${first}`, ...rest, ...ending], TWO_SMS);
  const link = url ? { label: PAY[language], url } : undefined;
  const paragraphs = sentences.map((sentence, n) => ({ text: sentence, link: n + 1 === sentences.length ? link : undefined }));
  return { id, sms: text, mail: { subject, paragraphs } };
}

const WORDS = { en: memberWordsEn, sw: memberWordsSw };

/** The message to a member about an event of theirs. */
export function memberWords(event: NoticeEvent, facts: Facts, around: Around, language: Language): Words {
  const say = WORDS[language][event] as (facts: Facts, around: Around) => Words; // the facts were read for this event
  return say(facts, around);
}

import type { NoticeEvent } from '#ground/outbox/message.ts';
import type { Language } from '#ground/text/language.ts';
import { memberWordsEn } from './member-words-en.ts';
import { memberWordsSw } from './member-words-sw.ts';
import type { Around, Words } from './notice-words.ts';
import type { Facts } from './read-facts.ts';

const WORDS = { en: memberWordsEn, sw: memberWordsSw };

/** The message to a member about an event of theirs. */
export function memberWords(event: NoticeEvent, facts: Facts, around: Around, language: Language): Words {
  const say = WORDS[language][event] as (facts: Facts, around: Around) => Words; // the facts were read for this event
  return say(facts, around);
}

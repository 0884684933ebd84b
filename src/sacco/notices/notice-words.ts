import type { NoticeEvent } from '#ground/outbox/message.ts';
import type { Day } from '#ground/time/nairobi.ts';
import type { FactsOf, RepaymentFacts, SavingsFacts } from './read-facts.ts';

/** The words about an event: a subject for a mail, and sentences with amount, reference and what happens next. */
export type Words = { subject: string; sentences: string[] };

/** Today in Nairobi, and the paybill where loans are paid by their reference, if there is one. */
export type Around = { today: Day; paybill: string | undefined };

/** Words for each event, made of its facts. */
export type WordsOfEvents = { [E in NoticeEvent]: (facts: FactsOf[E], around: Around) => Words };

/** The M-PESA code in brackets, once it is known. */
export const inBrackets = ({ receipt }: RepaymentFacts | SavingsFacts): string => (receipt ? ` (${receipt})` : '');

/** Said of money that only a notice has reported when the message is sent; no further message follows when it is proved. */
export const CHECKING = {
  en: 'We are still confirming it with M-PESA.',
  sw: 'Bado tunathibitisha na M-PESA.',
};

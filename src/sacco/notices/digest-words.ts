import { kes } from '#ground/money/cents.ts';
import type { Language } from '#ground/text/language.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { explainPenalty } from '../loans/explain-penalty.ts';
import { penaltyOf } from '../loans/math/charge-penalties.ts';
import type { Reminder } from '../loans/runs/read-reminders.ts';
import type { Letter, Paragraph } from './compose-mail.ts';
import { DIGEST_WORDS } from './digest-sentences.ts';
import { payLink } from './pay-link.ts';
import { printDay, toPay } from './print-amounts.ts';
import type { Dues } from './read-dues.ts';
import type { UntoldPenalty } from './read-penalties.ts';
import { FOUR_SMS, toSmsText } from './to-sms-text.ts';

/** The facts of a member's daily message: how their loans stand, of which instalments they are reminded, and which penalties are new to them. */
export type DigestFacts = { today: Day; dues: Dues[]; reminders: Reminder[]; penalties: UntoldPenalty[] };

type Around = { name: string; language: Language; organisation: string; siteUrl: string };

/** One loan: what of it is due and what soon will be, and where it is paid. */
type Line = { text: string; reference: string; url: string | undefined };

/** The message of a day in both forms; `toldBySms` are the penalties for whose explanation an SMS had room: all of them, as a rule. */
export function digestWords(facts: DigestFacts, around: Around): { sms: string; mail: Letter; toldBySms: UntoldPenalty[] } {
  const lines = facts.dues.flatMap((dues) => lineOf(dues, facts, around));
  const { text: sms, said } = fitSms(lines, facts.penalties, around);
  const toldBySms = facts.penalties.filter((_, n) => said[1 + lines.length + n]);
  return { sms, mail: letter(facts, lines, around.language), toldBySms };
}

/** Nearly always one SMS or two; up to four for several loans with new penalties. As many links as leave room for everything else. */
function fitSms(lines: Line[], penalties: UntoldPenalty[], { language, organisation, name }: Around) {
  const words = DIGEST_WORDS[language];
  const short = penalties.map((penalty) => shortly(penalty, language));
  const withLinks = (most: number) => {
    const said = lines.map(({ text, url }, n) => (url && n < most ? `${text} ${words.pay}: ${url}` : text));
    return toSmsText([`${organisation}: ${words.hello(name)}`, ...said, ...short], FOUR_SMS);
  };
  const fewer = lines.map((_, n) => lines.length - n);
  return fewer.map(withLinks).find(({ said }) => said.every(Boolean)) ?? withLinks(1);
}

function lineOf(dues: Dues, { today, reminders }: DigestFacts, { language, siteUrl }: Around): Line[] {
  const words = DIGEST_WORDS[language];
  const coming = reminders.filter(({ loanId, dueOn }) => loanId === dues.loanId && dueOn > today);
  if (dues.dueCents === 0n && coming.length === 0) return [];
  const since = dues.dueSince !== null && dues.dueSince < today ? printDay(dues.dueSince, language) : undefined;
  const penalties = dues.penaltyCents > 0n ? kes(dues.penaltyCents) : undefined;
  const said = [
    ...(dues.dueCents > 0n ? [words.due(toPay(dues.dueCents), dues.reference, since, penalties)] : []),
    ...coming.map(({ unpaidCents, dueOn }) => words.coming(toPay(unpaidCents), dues.reference, printDay(dueOn, language))),
  ];
  return [{ text: said.join(' '), reference: dues.reference, url: payLink(siteUrl, dues) }];
}

/** A penalty as an SMS has room for it: rule, base and days. */
function shortly(penalty: UntoldPenalty, language: Language): string {
  const { terms, reference, number, days, baseCents, amountCents } = penalty;
  const words = DIGEST_WORDS[language];
  const base = kes(baseCents);
  const rule = terms.penalty.kind === 'percent' ? words.share(terms.penalty.basisPoints / 100, base) : words.fixed(base);
  const limited = amountCents < penaltyOf(terms, baseCents) ? words.limited : '';
  return words.penalty({ amount: kes(amountCents), reference, rule, number, days, limited });
}

function letter({ penalties }: DigestFacts, lines: Line[], language: Language): Letter {
  const words = DIGEST_WORDS[language];
  const paragraphs: Paragraph[] = [
    ...lines.map(({ text, reference, url }) => ({
      text,
      link: url === undefined ? undefined : { label: `${words.pay} ${reference}`, url },
    })),
    ...penalties.map((penalty) => ({ text: `${words.penaltyOn(penalty.reference)}: ${explainPenalty(penalty, penalty.terms, language)}` })),
  ];
  return { subject: lines.length > 0 ? words.reminder : words.charged, paragraphs };
}

import { kes, sum, wholeShillingsUp } from '#ground/money/cents.ts';
import type { Letter, Paragraph } from '#ground/notify/compose-mail.ts';
import { addWhereFree, TWO_SMS, toSmsText } from '#ground/notify/to-sms-text.ts';
import type { Language } from '#ground/text/language.ts';
import { addDays, type Day } from '#ground/time/nairobi.ts';
import { explainPenalty } from '../loans/explain-penalty.ts';
import { penaltyOf } from '../loans/math/charge-penalties.ts';
import type { Reminder } from '../loans/runs/read-reminders.ts';
import { DIGEST_WORDS } from './digest-sentences.ts';
import { payLink } from './pay-link.ts';
import { printDay, toPay } from './print-amounts.ts';
import type { Dues } from './read-dues.ts';
import type { UntoldPenalty } from './read-penalties.ts';

/** After this long the oldest penalty is explained, even if fewer loans are listed for it. */
const LONGEST_WAIT_DAYS = 7;

/** The facts of a member's daily message: how their loans stand, of which instalments they are reminded, and which penalties are new to them. */
export type DigestFacts = { today: Day; dues: Dues[]; reminders: Reminder[]; penalties: UntoldPenalty[] };

/** `paybill`: where loans are paid by their reference, if there is one. */
type Around = { name: string; language: Language; organisation: string; siteUrl: string; paybill: string | undefined };

/** One loan: what is due now and soon, in whole shillings as each loan is paid by itself, and where it is paid. */
type Line = { text: string; reference: string; cents: bigint; url: string | undefined };

/** The message of a day in both forms; `toldBySms`: the penalties that the SMS had room to explain, usually all. */
export function digestWords(facts: DigestFacts, around: Around): { sms: string; mail: Letter; toldBySms: UntoldPenalty[] } {
  const lines = facts.dues.flatMap((dues) => lineOf(dues, facts, around));
  const { sms, toldBySms } = fitSms(lines, facts, around);
  return { sms, mail: letter(facts, lines, around.language), toldBySms };
}

/**
 * Two SMS at most, the most important first: what is due, how to pay it, then the penalties. Where that is too long, the greeting is dropped first, then the
 * loans are listed in one sentence, as many as there is room for; penalties that still have no room are explained the next morning in a message of their own.
 * After a week of mornings with reminders one of them goes before the rest of the list. The link to pay is added where it costs no further SMS, or where there is no paybill.
 */
function fitSms(lines: Line[], { today, penalties, reminders }: DigestFacts, around: Around) {
  const texts = lines.map(({ text }) => text);
  const briefly = { ...around, name: undefined };
  const listed = (most: number) => composeSms(lines, [listOf(lines, most, around.language)], penalties, briefly);
  const ofEachLoan = [
    composeSms(lines, texts, penalties, around),
    composeSms(lines, texts, penalties, briefly),
    ...(lines.length > 1 ? [listed(lines.length)] : []),
  ];
  const all = ofEachLoan.find(({ isWhole, toldBySms }) => isWhole && toldBySms.length === penalties.length);
  if (all) return all;
  if (reminders.length === 0) {
    const [greeted, brief] = [composeSms([], [], penalties, around), composeSms([], [], penalties, briefly)];
    return brief.toldBySms.length > greeted.toldBySms.length ? brief : greeted;
  }
  const ofSome = lines.map((_, left) => listed(lines.length - left));
  const whole = [...ofEachLoan, ...ofSome].filter(({ isWhole }) => isWhole);
  const hasWaited = penalties.some(({ chargedOn }) => chargedOn <= addDays(today, -LONGEST_WAIT_DAYS));
  return (hasWaited ? whole.find(({ toldBySms }) => toldBySms.length > 0) : undefined) ?? whole[0] ?? listed(1);
}

/** The sentence about all loans: the total, and the amounts of the first `most` of them. */
function listOf(lines: Line[], most: number, language: Language): string {
  const words = DIGEST_WORDS[language];
  const [first, ...more] = lines;
  if (first && more.length === 0) return words.nowOrSoon(kes(first.cents), first.reference);
  const each = lines.slice(0, most).map(({ reference, cents }) => `${reference} ${kes(cents)}`);
  const others = lines.length - each.length;
  return words.several(kes(sum(lines.map(({ cents }) => cents))), lines.length, each.join(', '), others);
}

function composeSms(
  lines: Line[],
  texts: string[],
  penalties: UntoldPenalty[],
  { language, organisation, name, paybill }: Omit<Around, 'name'> & { name: string | undefined },
) {
  const words = DIGEST_WORDS[language];
  const [first, ...others] = lines;
  const payBy = first && paybill ? [others.length === 0 ? words.payOne(paybill, first.reference) : words.paySome(paybill)] : [];
  const link = first?.url && `${words.pay}: ${first.url}`;
  const from = name === undefined ? `${organisation}:` : `${organisation}: ${words.hello(name)}`;
  const before = [from, ...texts, ...payBy, ...(link && !paybill ? [link] : [])];
  const { text, said } = toSmsText([...before, ...penalties.map((penalty) => shortly(penalty, language))], TWO_SMS);
  const toldBySms = penalties.filter((_, n) => said[before.length + n]);
  const isWhole = said.slice(0, before.length).every(Boolean);
  return { sms: link && paybill ? addWhereFree(text, link) : text, toldBySms, isWhole };
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
  const cents = 100n * BigInt(wholeShillingsUp(dues.dueCents + sum(coming.map(({ unpaidCents }) => unpaidCents))));
  return [{ text: said.join(' '), reference: dues.reference, cents, url: payLink(siteUrl, dues) }];
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

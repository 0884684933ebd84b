import { kes } from '#ground/money/cents.ts';
import type { NoticeEvent } from '#ground/outbox/message.ts';
import type { Language } from '#ground/text/language.ts';
import { memberNumber } from '../members/member-number.ts';
import { CHECKING, inBrackets, type Words } from './notice-words.ts';
import type { Dues } from './read-dues.ts';
import type { Facts, RepaymentFacts } from './read-facts.ts';

/** The message to a treasurer: about whom, which loan, how much, and what they have to do. */
export function treasurerWords(event: NoticeEvent, facts: Facts, language: Language): Words {
  const cents = 'amountCents' in facts ? facts.amountCents : facts.principalCents;
  const savedCents = 'savedCents' in facts ? facts.savedCents : 0n;
  const sentences = SENTENCES[language][event]({
    who: `${memberNumber(facts.memberNumber)} ${facts.memberName}`.trim(),
    reference: facts.reference,
    amount: kes(cents + savedCents),
    code: 'receipt' in facts ? inBrackets(facts) : '',
    split: SPLIT[language](savedCents === 0n ? undefined : kes(savedCents), cents === 0n ? undefined : kes(cents)),
    checking: 'told' in facts && facts.told ? [CHECKING[language]] : [],
    where: 'gone' in facts ? WHERE[language][whereIs(facts)] : '',
    balance: kes('dues' in facts ? facts.dues.balanceCents : facts.balanceCents),
    standing: 'dues' in facts ? standing(facts.dues, language) : '',
  });
  return { subject: sentences[0].replace(/\.$/, ''), sentences };
}

type Printed = {
  who: string;
  reference: string;
  amount: string;
  code: string;
  split: string;
  where: string;
  balance: string;
  standing: string;
  checking: string[];
};

const PAID_OFF = { en: 'The loan is fully paid.', sw: 'Mkopo umelipwa wote.' };

/** What is left to pay of a loan, or that it is not disbursed yet. */
function standing({ state, balanceCents }: Dues, language: Language): string {
  const isDisbursed = state !== 'approved' && state !== 'disbursing';
  if (state === 'closed') return PAID_OFF[language];
  if (language === 'sw') return isDisbursed ? `Salio la mkopo ${kes(balanceCents)}.` : 'Mkopo bado haujatumwa.';
  return isDisbursed ? `Loan balance ${kes(balanceCents)}.` : 'The loan is not disbursed yet.';
}

/** Where the money of a reversed repayment is now. */
const whereIs = ({ gone, told, waits }: RepaymentFacts): Place => (gone ? (told ? 'gone' : 'returned') : waits ? 'waits' : 'decided');

type Place = 'gone' | 'returned' | 'waits' | 'decided';

const WHERE: Record<Language, Record<Place, string>> = {
  en: {
    gone: 'M-PESA has no such payment, so nothing is in suspense.',
    returned: 'The money was returned to its payer through M-PESA, so nothing is in suspense.',
    waits: 'The money is in suspense: match it or refund it.',
    decided: 'The money has been matched since, or its refund requested or paid, in whole or in part.',
  },
  sw: {
    gone: 'M-PESA haina malipo haya, kwa hiyo hakuna pesa za kutambuliwa.',
    returned: 'Pesa zilirudishwa kwa aliyelipa kupitia M-PESA, kwa hiyo hakuna pesa za kutambuliwa.',
    waits: 'Pesa hizi sasa hazijatambuliwa: zioanishe na malipo yake au umrudishie aliyelipa.',
    decided: 'Tangu hapo pesa hizi, zote au sehemu yake, zimeoanishwa, au kurudishwa kwake kumeombwa au kumefanyika.',
  },
};

const SPLIT: Record<Language, (saved: string | undefined, paid: string | undefined) => string> = {
  en: (saved, paid) =>
    saved && paid ? `${paid} went to the loan, ${saved} to savings.` : saved ? 'All of it went to savings.' : 'All of it went to the loan.',
  sw: (saved, paid) =>
    saved && paid ? `${paid} zimelipa mkopo, ${saved} zimewekwa akiba.` : saved ? 'Zote zimewekwa akiba.' : 'Zote zimelipa mkopo.',
};

/** The first sentence is the subject of a mail, too. */
const SENTENCES: Record<Language, Record<NoticeEvent, (f: Printed) => [string, ...string[]]>> = {
  en: {
    loan_submitted: (f) => [`${f.who} applied for a loan of ${f.amount} (${f.reference}).`, 'Please approve or reject it.'],
    loan_approved: (f) => [`Loan ${f.reference} of ${f.amount} for ${f.who} was approved.`, 'It can be disbursed now.'],
    loan_rejected: (f) => [`The application ${f.reference} of ${f.who} for ${f.amount} was rejected.`],
    loan_withdrawn: (f) => [`${f.who} withdrew the application ${f.reference} for ${f.amount}.`],
    loan_disbursed: (f) => [`Loan ${f.reference} of ${f.amount} was disbursed to ${f.who}.`, 'It is active now.'],
    loan_payout_failed: (f) => [
      `The disbursement of loan ${f.reference} of ${f.amount} to ${f.who} failed.`,
      "The loan is approved again: read Safaricom's reason at its payout, then disburse it again.",
    ],
    loan_closed: (f) => [`${f.who} has fully paid loan ${f.reference} of ${f.amount}.`],
    loan_reopened: (f) => [`Loan ${f.reference} of ${f.who} is open again, because a payment was reversed.`, f.standing],
    repayment_booked: (f) => [`${f.who} paid ${f.amount}${f.code} for loan ${f.reference}.`, ...f.checking, f.split, f.standing],
    repayment_reversed: (f) => [
      `The payment of ${f.amount}${f.code} by ${f.who} for loan ${f.reference} was reversed.`,
      `${f.standing} ${f.where}`,
    ],
    penalty_waived: (f) => [`${f.amount} of penalty on loan ${f.reference} of ${f.who} was waived.`, f.standing],
    waiver_requested: (f) => [
      `Waiver requested: ${f.amount} of penalty on loan ${f.reference} of ${f.who}.`,
      'Please approve or decline it: someone other than the person who asked.',
    ],
    savings_deposited: (f) => [`${f.who} saved ${f.amount}${f.code} in ${f.reference}.`, ...f.checking, `Savings now: ${f.balance}.`],
    savings_taken_back: (f) => [`${f.amount}${f.code} of ${f.who} was removed from savings ${f.reference}.`, `Savings now: ${f.balance}.`],
  },
  sw: {
    loan_submitted: (f) => [`${f.who} ameomba mkopo wa ${f.amount} (${f.reference}).`, 'Tafadhali uidhinishe au uukatae.'],
    loan_approved: (f) => [`Mkopo ${f.reference} wa ${f.amount} wa ${f.who} umeidhinishwa.`, 'Sasa unaweza kutumwa.'],
    loan_rejected: (f) => [`Ombi ${f.reference} la ${f.who} la ${f.amount} limekataliwa.`],
    loan_withdrawn: (f) => [`${f.who} ameondoa ombi ${f.reference} la ${f.amount}.`],
    loan_disbursed: (f) => [`Mkopo ${f.reference} wa ${f.amount} umetumwa kwa ${f.who}.`, 'Sasa unaendelea.'],
    loan_payout_failed: (f) => [
      `Mkopo ${f.reference} wa ${f.amount} haukufika kwa ${f.who}.`,
      'Umeidhinishwa tena: soma sababu ya Safaricom kwenye malipo yake, kisha uutume upya.',
    ],
    loan_closed: (f) => [`${f.who} amemaliza kulipa mkopo ${f.reference} wa ${f.amount}.`],
    loan_reopened: (f) => [`Mkopo ${f.reference} wa ${f.who} umefunguliwa tena, kwa sababu malipo yamebatilishwa.`, f.standing],
    repayment_booked: (f) => [`${f.who} amelipa ${f.amount}${f.code} za mkopo ${f.reference}.`, ...f.checking, f.split, f.standing],
    repayment_reversed: (f) => [
      `Malipo ya ${f.amount}${f.code} ya ${f.who} ya mkopo ${f.reference} yamebatilishwa.`,
      `${f.standing} ${f.where}`,
    ],
    penalty_waived: (f) => [`${f.amount} za faini ya mkopo ${f.reference} wa ${f.who} zimesamehewa.`, f.standing],
    waiver_requested: (f) => [
      `Msamaha umeombwa: ${f.amount} za faini ya mkopo ${f.reference} wa ${f.who}.`,
      'Tafadhali uidhinishe au uukatae, kama si wewe uliyeomba.',
    ],
    savings_deposited: (f) => [
      `${f.who} ameweka akiba ${f.amount}${f.code} kwenye ${f.reference}.`,
      ...f.checking,
      `Akiba sasa: ${f.balance}.`,
    ],
    savings_taken_back: (f) => [`${f.amount}${f.code} za ${f.who} zimeondolewa kwenye akiba ${f.reference}.`, `Akiba sasa: ${f.balance}.`],
  },
};

import { kes } from '#ground/money/kes.ts';
import { nextStep } from './next-step.ts';
import { CHECKING, inBrackets, type WordsOfEvents } from './notice-words.ts';
import { printDay, toPay } from './print-amounts.ts';
import type { RepaymentFacts } from './read-facts.ts';

/** What a member is told in Swahili. */
export const memberWordsSw: WordsOfEvents = {
  loan_submitted: ({ reference, principalCents }) => ({
    subject: `Tumepokea ombi lako la mkopo ${reference}`,
    sentences: [`Tumepokea ombi lako la mkopo wa ${kes(principalCents)} (${reference}).`, 'Tutakujulisha likiamuliwa.'],
  }),
  loan_approved: ({ reference, principalCents }) => ({
    subject: `Mkopo wako ${reference} umeidhinishwa`,
    sentences: [
      `Mkopo wako ${reference} wa ${kes(principalCents)} umeidhinishwa.`,
      'Tutatuma pesa kwa nambari yako ya M-PESA na kukujulisha.',
    ],
  }),
  loan_rejected: ({ reference, principalCents, note }) => ({
    subject: `Ombi lako la mkopo ${reference} halikukubaliwa`,
    sentences: [
      `Ombi lako la mkopo wa ${kes(principalCents)} (${reference}) halikukubaliwa.`,
      ...(note ? [`Sababu: ${note}${/[.!?…]$/.test(note) ? '' : '.'}`] : []),
      'Hudaiwi chochote kwa ombi hili, na unaweza kuomba tena.',
    ],
  }),
  loan_withdrawn: ({ reference, principalCents }) => ({
    subject: `Ombi lako la mkopo ${reference} limeondolewa`,
    sentences: [`Ombi lako la mkopo wa ${kes(principalCents)} (${reference}) limeondolewa.`, 'Hudaiwi chochote kwa ombi hili.'],
  }),
  loan_disbursed: ({ reference, principalCents, deductedCents, dues: { next } }, { paybill }) => ({
    subject: `Mkopo wako ${reference} umetumwa`,
    sentences: [
      deductedCents > 0n
        ? `Tumetuma ${kes(principalCents - deductedCents)} kwa M-PESA yako: mkopo wako ${reference} wa ${kes(principalCents)} bila ada ya ${kes(deductedCents)}.`
        : `Tumetuma ${kes(principalCents)} kwa M-PESA yako: mkopo wako ${reference}.`,
      ...(next ? [`Awamu ya kwanza: ${toPay(next.unpaidCents)} kufikia ${printDay(next.dueOn, 'sw')}.`] : []),
      ...(paybill ? [`Lipa kwa paybill ${paybill}, akaunti ${reference}.`] : []),
    ],
  }),
  loan_payout_failed: ({ reference, principalCents }) => ({
    subject: `Mkopo wako ${reference} bado haujatumwa`,
    sentences: [
      `M-PESA haikuweza kutuma mkopo wako ${reference} wa ${kes(principalCents)}.`,
      'Bado umeidhinishwa: tutajaribu tena na kukujulisha. Hudaiwi chochote kwa mkopo huu hadi hapo.',
    ],
  }),
  loan_closed: ({ reference, principalCents }) => ({
    subject: `Umemaliza kulipa mkopo ${reference}`,
    sentences: [`Umemaliza kulipa mkopo wako ${reference} wa ${kes(principalCents)}. Asante.`, 'Hudaiwi chochote zaidi kwa mkopo huu.'],
  }),
  loan_reopened: ({ reference, dues }, { today }) => ({
    subject: `Mkopo wako ${reference} umefunguliwa tena`,
    sentences: [`Mkopo wako ${reference} umefunguliwa tena, kwa sababu malipo yake yamebatilishwa.`, ...nextStep(dues, today, 'sw')],
  }),
  repayment_booked: (facts, { today }) => ({
    subject: `${received(facts)} ${kes(facts.amountCents + facts.savedCents)} za mkopo ${facts.reference}`,
    sentences: [
      `${received(facts)} ${kes(facts.amountCents + facts.savedCents)}${inBrackets(facts)}.`,
      ...checking(facts),
      `${split(facts)}.`,
      ...nextStep(facts.dues, today, 'sw'),
    ],
  }),
  repayment_reversed: (facts, { today }) => ({
    subject: `Malipo ya mkopo ${facts.reference} yamebatilishwa`,
    sentences: [
      `Malipo yako ya ${kes(facts.amountCents + facts.savedCents)}${inBrackets(facts)} ya mkopo ${facts.reference} yamebatilishwa na hayahesabiki tena.`,
      ...(facts.gone ? [facts.told ? 'M-PESA haina malipo haya.' : 'Pesa zilirudishwa kupitia M-PESA.'] : []),
      ...nextStep(facts.dues, today, 'sw'),
    ],
  }),
  penalty_waived: ({ reference, amountCents, dues }, { today }) => ({
    subject: `Adhabu ya mkopo ${reference} imesamehewa`,
    sentences: [`Tumekusamehe ${kes(amountCents)} za adhabu ya mkopo wako ${reference}.`, ...nextStep(dues, today, 'sw')],
  }),
  waiver_requested: ({ reference, amountCents }) => ({
    subject: `Ombi la kusamehe adhabu ya mkopo ${reference}`,
    sentences: [
      `Imeombwa usamehewe ${kes(amountCents)} za adhabu ya mkopo wako ${reference}.`,
      'Unadaiwa hadi ombi likubaliwe. Tutakujulisha likikubaliwa.',
    ],
  }),
  savings_deposited: (facts) => ({
    subject: `${received(facts)} ${kes(facts.amountCents)} za akiba yako`,
    sentences: [
      `${received(facts)} ${kes(facts.amountCents)}${inBrackets(facts)} za akiba yako ${facts.reference}.`,
      ...checking(facts),
      `Akiba yako sasa: ${kes(facts.balanceCents)}.`,
    ],
  }),
  savings_taken_back: (facts) => ({
    subject: `${kes(facts.amountCents)} zimeondolewa kwenye akiba yako`,
    sentences: [
      `${kes(facts.amountCents)}${inBrackets(facts)} zimeondolewa kwenye akiba yako ${facts.reference}: ${facts.told ? 'M-PESA haina malipo haya' : 'zilirudishwa kupitia M-PESA'}.`,
      `Akiba yako sasa: ${kes(facts.balanceCents)}.`,
    ],
  }),
};

type MaybeTold = { told: boolean };

const received = ({ told }: MaybeTold): string => (told ? 'Tumeambiwa kuhusu' : 'Tumepokea');
const checking = ({ told }: MaybeTold): string[] => (told ? [CHECKING.sw] : []);

function split({ reference, amountCents, savedCents }: RepaymentFacts): string {
  if (savedCents === 0n) return `Zimelipa mkopo ${reference}`;
  if (amountCents === 0n) return `Zimewekwa kwenye akiba yako, kwa kuwa mkopo ${reference} haukuchukua kitu`;
  return `${kes(amountCents)} zimelipa mkopo ${reference}, ${kes(savedCents)} zimewekwa kwenye akiba yako`;
}

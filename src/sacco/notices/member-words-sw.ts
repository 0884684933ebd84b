import { kes } from '#ground/money/cents.ts';
import { nextStep } from './next-step.ts';
import { CHECKING, inBrackets, type WordsOfEvents } from './notice-words.ts';
import { printDay, toPay } from './print-amounts.ts';
import type { RepaymentFacts } from './read-facts.ts';

/** The messages to members in Swahili. */
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
      `Malipo yako ya ${kes(facts.amountCents + facts.savedCents)}${inBrackets(facts)} ya mkopo ${facts.reference} yamebatilishwa na hayahesabiwi tena${fromSavings(facts)}.`,
      ...whereItIs(facts),
      ...nextStep(facts.dues, today, 'sw'),
    ],
  }),
  penalty_waived: ({ reference, amountCents, dues }, { today }) => ({
    subject: `Faini ya mkopo ${reference} imesamehewa`,
    sentences: [`Tumekusamehe ${kes(amountCents)} za faini ya mkopo wako ${reference}.`, ...nextStep(dues, today, 'sw')],
  }),
  waiver_requested: ({ reference, amountCents }) => ({
    subject: `Ombi la msamaha wa faini ya mkopo ${reference}`,
    sentences: [
      `Msamaha wa ${kes(amountCents)} za faini ya mkopo wako ${reference} umeombwa.`,
      'Bado unadaiwa faini hiyo hadi ombi liidhinishwe. Tutakujulisha likiidhinishwa.',
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
      `${kes(facts.amountCents)}${inBrackets(facts)} zimeondolewa kwenye akiba yako ${facts.reference}: ${facts.told ? 'M-PESA haina malipo haya. Kama ulilipa, tutumie ujumbe wako wa M-PESA' : 'zilirudishwa kupitia M-PESA'}.`,
      `Akiba yako sasa: ${kes(facts.balanceCents)}.`,
    ],
  }),
};

type MaybeTold = { told: boolean };

/** Left out when the money is gone: it may have left the savings before. */
const fromSavings = ({ savedCents, gone }: RepaymentFacts): string =>
  savedCents > 0n && !gone ? `: ${kes(savedCents)} kati yake zimetoka kwenye akiba yako` : '';

/** Where the money of a reversed repayment is now. Says nothing about money that was matched or refunded since: that has messages of its own. */
function whereItIs({ gone, told, waits }: RepaymentFacts): string[] {
  if (gone) return [told ? 'M-PESA haina malipo haya: kama ulilipa, tutumie ujumbe wako wa M-PESA.' : 'Pesa zilirudishwa kupitia M-PESA.'];
  if (told) return [CHECKING.sw];
  return waits ? ['Pesa bado tunazo, na tunaangalia zilikuwa za nini.'] : [];
}

const received = ({ told }: MaybeTold): string => (told ? 'Tumearifiwa kuhusu' : 'Tumepokea');
const checking = ({ told }: MaybeTold): string[] => (told ? [CHECKING.sw] : []);

function split({ reference, amountCents, savedCents }: RepaymentFacts): string {
  if (savedCents === 0n) return `Zimelipa mkopo ${reference}`;
  if (amountCents === 0n) return `Zimewekwa kwenye akiba yako, kwa kuwa hakuna kinachodaiwa kwa mkopo ${reference}`;
  return `${kes(amountCents)} zimelipa mkopo ${reference}, ${kes(savedCents)} zimewekwa kwenye akiba yako`;
}

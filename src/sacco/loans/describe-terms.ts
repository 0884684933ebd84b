import { kes } from '#ground/money/cents.ts';
import type { Language } from '#ground/text/language.ts';
import type { ProductTerms } from './math/terms.ts';

const WORDS = {
  en: {
    percent: (share: string) => `${share} %`,
    ...{ week: 'week', month: 'month', nextWeek: 'further week', nextMonth: 'further month', and: 'and' },
    ...{ penalty: 'penalties', fee: 'the fee', interest: 'interest', principal: 'the loan itself' },
    noInterest: 'No interest.',
    flat: (rate: string, period: string) => `Interest is ${rate} of the whole loan for each ${period}.`,
    reducing: (rate: string, period: string) => `Interest is ${rate} a ${period} of what is still owed, in equal instalments.`,
    noFee: 'No fee.',
    feeIs: (fee: string) => `The fee is ${fee},`,
    ofLoan: (rate: string) => `${rate} of the loan`,
    deducted: 'deducted from the money that is sent to you.',
    instalments: 'paid with the instalments.',
    noPenalty: 'No penalty for paying late.',
    onTime: (days: number) =>
      days === 0
        ? 'An instalment not paid on its due day'
        : `An instalment not paid ${days} ${days === 1 ? 'day' : 'days'} after its due day`,
    costs: (penalty: string) => `costs a penalty of ${penalty}`,
    ofUnpaid: (rate: string) => `${rate} of its unpaid part`,
    once: 'once.',
    again: (period: string) => `and again for each ${period} it stays unpaid.`,
    cap: (rate: string) => `All penalties of a loan together are at most ${rate} of the loan.`,
    inDuplum: 'No penalty is added once unpaid interest and penalties have reached the unpaid part of the loan.',
    allocationOrder: (parts: string) => `A payment pays what is due in this order: ${parts}.`,
    excess: {
      instalment: 'Anything above what is due goes to your savings.',
      full: 'Anything above what is due pays the next instalments.',
    },
    early: {
      interest_to_date: 'If you pay the whole loan early, you pay no interest for periods that have not begun.',
      all_interest: 'If you pay the whole loan early, you pay all of its interest.',
    },
  },
  sw: {
    percent: (share: string) => `asilimia ${share}`,
    ...{ week: 'wiki', month: 'mwezi', nextWeek: 'wiki inayofuata', nextMonth: 'mwezi unaofuata', and: 'na' },
    ...{ penalty: 'faini', fee: 'ada', interest: 'riba', principal: 'mkopo wenyewe' },
    noInterest: 'Hakuna riba.',
    flat: (rate: string, period: string) => `Riba ni ${rate} ya mkopo wote kwa kila ${period}.`,
    reducing: (rate: string, period: string) => `Riba ni ${rate} kwa ${period} ya kiasi kinachobaki, kwa awamu sawa.`,
    noFee: 'Hakuna ada.',
    feeIs: (fee: string) => `Ada ni ${fee},`,
    ofLoan: (rate: string) => `${rate} ya mkopo`,
    deducted: 'inakatwa kwenye pesa unazotumiwa.',
    instalments: 'inalipwa pamoja na awamu.',
    noPenalty: 'Hakuna faini ya kuchelewa.',
    onTime: (days: number) => (days === 0 ? 'Awamu isiyolipwa siku yake' : `Awamu isiyolipwa ndani ya siku ${days} baada ya siku yake`),
    costs: (penalty: string) => `hutozwa faini ya ${penalty}`,
    ofUnpaid: (rate: string) => `${rate} ya sehemu ambayo haijalipwa`,
    once: 'mara moja.',
    again: (period: string) => `na tena kwa kila ${period} ikiendelea kutolipwa.`,
    cap: (rate: string) => `Faini zote za mkopo hazizidi ${rate} ya mkopo.`,
    inDuplum: 'Faini haiongezwi tena pale riba na faini zisizolipwa zinapofikia sehemu ya mkopo isiyolipwa.',
    allocationOrder: (parts: string) => `Malipo hulipa kinachodaiwa kwa utaratibu huu: ${parts}.`,
    excess: {
      instalment: 'Kinachozidi deni la sasa huwekwa kwenye akiba yako.',
      full: 'Kinachozidi deni la sasa hulipa awamu zinazofuata.',
    },
    early: {
      interest_to_date: 'Ukilipa mkopo wote mapema, hulipi riba ya vipindi ambavyo havijaanza.',
      all_interest: 'Ukilipa mkopo wote mapema, utalipa riba yake yote.',
    },
  },
} as const;

/** Basis points as a percentage, for JSON and for sentences: `1.5`. */
export const percentOf = (basisPoints: number): string => String(basisPoints / 100);

/** The terms of a product in sentences: interest, fee, penalties in full, and what a payment pays. */
export function describeTerms(product: ProductTerms, language: Language): Record<'interest' | 'fee' | 'penalties' | 'payments', string> {
  const words = WORDS[language];
  const rateOf = (basisPoints: number) => words.percent(percentOf(basisPoints));
  const interest =
    product.interestBasisPoints === 0
      ? words.noInterest
      : words[product.method](rateOf(product.interestBasisPoints), words[product.period]);
  const inOrder = product.allocationOrder.map((part) => words[part]);
  const early = product.interestBasisPoints === 0 ? [] : [words.early[product.earlySettlement]];
  return {
    interest,
    fee: describeFee(product, language),
    penalties: describePenalties(product, language),
    payments: [words.allocationOrder(inOrder.join(', ')), words.excess[product.excess], ...early].join(' '),
  };
}

function describeFee({ feeCents, feeBasisPoints, feeCharged }: ProductTerms, language: Language): string {
  const words = WORDS[language];
  const parts = [feeCents > 0n && kes(feeCents), feeBasisPoints > 0 && words.ofLoan(words.percent(percentOf(feeBasisPoints)))].filter(
    (part) => part !== false,
  );
  return parts.length === 0 ? words.noFee : `${words.feeIs(parts.join(` ${words.and} `))} ${words[feeCharged]}`;
}

function describePenalties(product: ProductTerms, language: Language): string {
  const words = WORDS[language];
  const rateOf = (basisPoints: number) => words.percent(percentOf(basisPoints));
  if (product.penaltyKind === 'none') return words.noPenalty;
  const penalty = product.penaltyKind === 'fixed' ? kes(product.penaltyCents) : words.ofUnpaid(rateOf(product.penaltyBasisPoints));
  const next = product.period === 'week' ? words.nextWeek : words.nextMonth;
  const often = product.penaltyFrequency === 'once' ? words.once : words.again(next);
  const rule = `${words.onTime(product.graceDays)} ${words.costs(penalty)}, ${often}`;
  const cap = product.penaltyCapBasisPoints === null ? undefined : words.cap(rateOf(product.penaltyCapBasisPoints));
  return [rule, cap, product.inDuplum ? words.inDuplum : undefined].filter(Boolean).join(' ');
}

import { addDays, type Day } from '../time/nairobi.ts';
import { penaltyOf } from './charge-penalties.ts';
import type { StandingPenalty, Terms } from './terms.ts';

type Language = 'en' | 'sw';

/**
 * A penalty in one sentence for the borrower: by which rule, of what, how late, and which limit cut it. Plain text, such as "10 % of the overdue KES 500 of instalment 2
 * (due 7 December 2026), once, after 3 days of grace: KES 50, charged on 11 December 2026, 4 days after the due day."
 */
export function explainPenalty(penalty: StandingPenalty, terms: Terms, language: Language): string {
  const say = SENTENCES[language];
  const fullCents = penaltyOf(terms, penalty.baseCents);
  const limits = [...(terms.capCents === null ? [] : [say.cap(money(terms.capCents))]), ...(terms.inDuplum ? [say.inDuplum] : [])];
  const cut = penalty.amountCents < fullCents && limits.length > 0 ? say.cut(money(fullCents), limits) : '';
  const base = {
    overdue: money(penalty.baseCents),
    number: penalty.number,
    dueOn: print(addDays(penalty.chargedOn, -penalty.days), language),
  };
  const rule = terms.penalty.kind === 'percent' ? say.percent(terms.penalty.basisPoints / 100, base) : say.fixed(money(fullCents), base);
  const often = terms.frequency === 'once' ? say.once : say.each[terms.period](penalty.period);
  const grace = terms.graceDays > 0 ? say.grace(terms.graceDays) : '';
  return `${rule}, ${often}${grace}: ${money(penalty.amountCents)}${cut}, ${say.charged(print(penalty.chargedOn, language), penalty.days)}.`;
}

type Base = { overdue: string; number: number; dueOn: string };
const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);

const SENTENCES = {
  en: {
    percent: (share: number, { overdue, number, dueOn }: Base) =>
      `${share} % of the overdue ${overdue} of instalment ${number} (due ${dueOn})`,
    fixed: (amount: string, { overdue, number, dueOn }: Base) =>
      `${amount} for the overdue ${overdue} of instalment ${number} (due ${dueOn})`,
    once: 'once',
    each: {
      week: (late: number) => `for each week that it is late (this is week ${late})`,
      month: (late: number) => `for each month that it is late (this is month ${late})`,
    },
    grace: (count: number) => `, after ${days(count)} of grace`,
    cap: (most: string) => `all penalties of this loan may come to ${most} at most`,
    inDuplum: 'unpaid interest and penalties may not grow above the unpaid principal',
    cut: (full: string, limits: string[]) => ` instead of ${full}, because ${limits.join(' and ')}`,
    charged: (on: string, late: number) => `charged on ${on}, ${days(late)} after the due day`,
  },
  sw: {
    percent: (share: number, { overdue, number, dueOn }: Base) =>
      `Asilimia ${share} ya ${overdue} ambayo haijalipwa ya awamu ya ${number} (ya tarehe ${dueOn})`,
    fixed: (amount: string, { overdue, number, dueOn }: Base) =>
      `${amount} kwa ${overdue} ambayo haijalipwa ya awamu ya ${number} (ya tarehe ${dueOn})`,
    once: 'mara moja',
    each: {
      week: (late: number) => `kwa kila wiki ya kuchelewa (hii ni wiki ya ${late})`,
      month: (late: number) => `kwa kila mwezi wa kuchelewa (huu ni mwezi wa ${late})`,
    },
    grace: (count: number) => `, baada ya siku ${count} za msamaha`,
    cap: (most: string) => `adhabu zote za mkopo huu haziwezi kuzidi ${most}`,
    inDuplum: 'riba na adhabu ambazo hazijalipwa haziwezi kuzidi salio la mkopo wenyewe',
    cut: (full: string, limits: string[]) => ` badala ya ${full}, kwa sababu ${limits.join(' na ')}`,
    charged: (on: string, late: number) => `imetozwa tarehe ${on}, siku ${late} baada ya tarehe ya kulipa`,
  },
};

/** Cents only where there are any. */
const money = (cents: bigint): string =>
  `KES ${new Intl.NumberFormat('en', { minimumFractionDigits: cents % 100n === 0n ? 0 : 2 }).format(Number(cents) / 100)}`;

const print = (day: Day, language: Language): string =>
  new Intl.DateTimeFormat(language === 'sw' ? 'sw-KE' : 'en-GB', { timeZone: 'UTC', dateStyle: 'long' }).format(new Date(day));

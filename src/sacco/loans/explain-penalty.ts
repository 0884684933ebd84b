import { addDays, type Day } from '#ground/time/nairobi.ts';
import { penaltyOf } from './math/charge-penalties.ts';
import type { StandingPenalty, Terms } from './math/terms.ts';
import { PENALTY_WORDS } from './penalty-words.ts';

type Language = keyof typeof PENALTY_WORDS;

/**
 * A penalty in one sentence for the borrower: its rule, its base, how late, which limit reduced it, what was waived. Plain text, such as
 * "10 % of the overdue KES 500 of instalment 2 (due 7 December 2026), once, after 3 days of grace: KES 50, charged on 11 December 2026, 4
 * days after the due day."
 */
export function explainPenalty(penalty: StandingPenalty, terms: Terms, language: Language): string {
  const words = PENALTY_WORDS[language];
  const instalment = words.instalment(penalty.number, print(addDays(penalty.chargedOn, -penalty.days), language));
  const chargedOn = print(penalty.chargedOn, language);
  if (penalty.amountCents === 0n) return `${words.dropped(instalment, chargedOn)}.`;
  const fullCents = penaltyOf(terms, penalty.baseCents);
  const { percent, fixed, once, late, grace, charged, waived } = words;
  const [base, amount] = [money(penalty.baseCents), money(penalty.amountCents)];
  const rule = terms.penalty.kind === 'percent' ? percent(terms.penalty.basisPoints / 100, base) : fixed(money(fullCents), base);
  return [
    `${rule} ${instalment}, ${terms.frequency === 'once' ? once : late[terms.period](penalty.period)}`,
    ...(terms.graceDays > 0 ? [`, ${grace(terms.graceDays)}`] : []),
    `: ${amount}, ${charged(chargedOn, penalty.days)}`,
    ...(penalty.amountCents < fullCents ? [`; ${words.cut(money(fullCents), limits(terms, language))}`] : []),
    ...(penalty.waivedCents > 0n ? [`; ${waived(money(penalty.waivedCents))}`] : []),
    '.',
  ].join('');
}

function limits({ capCents, inDuplum }: Terms, language: Language): string {
  const { cap, room, and } = PENALTY_WORDS[language];
  return [...(capCents === null ? [] : [cap(money(capCents))]), ...(inDuplum ? [room] : [])].join(and);
}

/** Cents only where there are any. */
const money = (cents: bigint): string =>
  `KES ${new Intl.NumberFormat('en', { minimumFractionDigits: cents % 100n === 0n ? 0 : 2 }).format(Number(cents) / 100)}`;

const print = (day: Day, language: Language): string =>
  new Intl.DateTimeFormat(language === 'sw' ? 'sw-KE' : 'en-GB', { timeZone: 'UTC', dateStyle: 'long' }).format(new Date(day));

import { type SQL, sql } from 'drizzle-orm';
import { kes } from '#ground/money/cents.ts';
import type { Language } from '#ground/text/language.ts';
import { addDays, type Day } from '#ground/time/nairobi.ts';
import { penaltyOf } from './math/charge-penalties.ts';
import type { StandingPenalty, Terms } from './math/terms.ts';
import { PENALTY_WORDS } from './penalty-words.ts';

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
  const [base, amount] = [kes(penalty.baseCents), kes(penalty.amountCents)];
  const rule = terms.penalty.kind === 'percent' ? percent(terms.penalty.basisPoints / 100, base) : fixed(kes(fullCents), base);
  return [
    `${rule} ${instalment}, ${terms.frequency === 'once' ? once : late[terms.period](penalty.period)}`,
    ...(terms.graceDays > 0 ? [`, ${grace(terms.graceDays)}`] : []),
    `: ${amount}, ${charged(chargedOn, penalty.days)}`,
    ...(penalty.amountCents < fullCents ? [`; ${words.cut(kes(fullCents), limits(terms, language))}`] : []),
    ...(penalty.waivedCents > 0n ? [`; ${waived(kes(penalty.waivedCents))}`] : []),
    '.',
  ].join('');
}

function limits({ capCents, inDuplum }: Terms, language: Language): string {
  const { cap, room, and } = PENALTY_WORDS[language];
  return [...(capCents === null ? [] : [cap(kes(capCents))]), ...(inDuplum ? [room] : [])].join(and);
}

const print = (day: Day, language: Language): string =>
  new Intl.DateTimeFormat(language === 'sw' ? 'sw-KE' : 'en-GB', { timeZone: 'UTC', dateStyle: 'long' }).format(new Date(day));

/** The key of a penalty. */
type Penalty = { loanId: string; number: number; period: number };

/**
 * Statements for a batch: they note the day on which penalties were explained to their borrower. They lock the loans' rows first, as everyone who changes
 * penalties does.
 */
export function markExplainedSql(penalties: readonly Penalty[], on: Day): SQL[] {
  const column = <T>(pick: (penalty: Penalty) => T) => sql.param(penalties.map(pick));
  const loanIds = sql`${column(({ loanId }) => loanId)}::uuid[]`;
  return [
    sql`select from loans where id = any(${loanIds}) order by id for no key update`,
    sql`
    update penalties p set told_on = ${on}::date
    from unnest(${loanIds}, ${column(({ number }) => number)}::int[], ${column(({ period }) => period)}::int[]) t (loan_id, number, period)
    where p.loan_id = t.loan_id and p.number = t.number and p.period = t.period and p.told_on is null`,
  ];
}

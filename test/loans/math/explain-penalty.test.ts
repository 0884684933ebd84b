import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explainPenalty } from '#sacco/loans/explain-penalty.ts';
import type { StandingPenalty, Terms } from '#sacco/loans/math/terms.ts';
import { workOut } from '#sacco/loans/math/work-out.ts';
import { scaled } from '../../world/counts.ts';
import { histories } from './histories.ts';

const terms = (changes: Partial<Terms> = {}): Terms => ({
  ...{ period: 'week', graceDays: 3, penalty: { kind: 'percent', basisPoints: 1_000 }, frequency: 'once', capCents: null, inDuplum: true },
  ...{ allocationOrder: ['penalty', 'fee', 'interest', 'principal'], excess: 'instalment', earlySettlement: 'all_interest', ...changes },
});
const penalty = (changes: Partial<StandingPenalty> = {}): StandingPenalty => ({
  ...{ number: 2, period: 1, chargedOn: '2026-12-11', days: 4, baseCents: 50_000n, amountCents: 5_000n, paidCents: 0n, waivedCents: 0n },
  ...changes,
});

describe('a penalty is explained in English and Swahili:', () => {
  test('a share, charged once after days of grace', () => {
    expect(explainPenalty(penalty(), terms(), 'en')).toBe(
      '10 % of the overdue KES 500 of instalment 2 (due 7 December 2026), once, after 3 days of grace: KES 50, charged on 11 December 2026, 4 days after the due day.',
    );
    expect(explainPenalty(penalty(), terms(), 'sw')).toBe(
      'Asilimia 10 ya KES 500 ambayo haijalipwa ya awamu ya 2 (ya tarehe 7 Desemba 2026), mara moja, baada ya siku 3 za ziada: KES 50, imetozwa tarehe 11 Desemba 2026, siku 4 baada ya tarehe ya kulipa.',
    );
  });

  test('a fixed amount for each month, without grace', () => {
    const fixed = terms({ penalty: { kind: 'fixed', amountCents: 123_450n }, frequency: 'per_period', period: 'month', graceDays: 0 });
    const second = penalty({ period: 2, chargedOn: '2026-03-02', days: 30, baseCents: 5_000_000n, amountCents: 123_450n });
    expect(explainPenalty(second, fixed, 'en')).toBe(
      'KES 1,234.50 for the overdue KES 50,000 of instalment 2 (due 31 January 2026), for each month that it is late (this is month 2): KES 1,234.50, charged on 2 March 2026, 30 days after the due day.',
    );
    expect(explainPenalty(second, fixed, 'sw')).toContain(
      'KES 1,234.50 kwa KES 50,000 ambayo haijalipwa ya awamu ya 2 (ya tarehe 31 Januari 2026)',
    );
  });

  test('the limit that cut it, and only one that the loan has', () => {
    const cut = penalty({ amountCents: 2_050n });
    const [capped, inDuplum] = [
      explainPenalty(cut, terms({ capCents: 100_000n, inDuplum: false }), 'en'),
      explainPenalty(cut, terms(), 'en'),
    ];
    expect(capped).toMatch(/: KES 20\.50, charged .*; it would be KES 50, but all penalties of this loan may come to KES 1,000 at most\.$/);
    expect(inDuplum).toMatch(/; it would be KES 50, but unpaid interest and penalties may not grow above the unpaid principal\.$/);
    expect(explainPenalty(cut, terms({ capCents: 100_000n }), 'sw')).toMatch(
      /; ingekuwa KES 50, lakini faini zote za mkopo huu haziwezi kuzidi KES 1,000, na riba na faini .* salio la mkopo wenyewe\.$/,
    );
  });

  test('what was waived of it, and that it is no longer owed', () => {
    expect(explainPenalty(penalty({ waivedCents: 2_000n }), terms(), 'en')).toMatch(/4 days after the due day; KES 20 of it was waived\.$/);
    expect(explainPenalty(penalty({ amountCents: 0n }), terms(), 'en')).toBe(
      'The penalty of 11 December 2026 for instalment 2 (due 7 December 2026) is no longer owed: the loan was recomputed.',
    );
  });

  test('a day of grace and a day late are one day', () => {
    const early = explainPenalty(penalty({ days: 2, chargedOn: '2026-12-09' }), terms({ graceDays: 1 }), 'en');
    expect(early).toContain('(due 7 December 2026), once, after 1 day of grace: KES 50, charged on 9 December 2026, 2 days after');
    expect(explainPenalty(penalty({ days: 1 }), terms({ graceDays: 0 }), 'en')).toContain(', 1 day after the due day.');
  });
});

test(
  'every penalty of any loan is one plain sentence that names its base, its amount and the day its instalment was due',
  () => {
    const day = (on: string) =>
      new Date(on).toLocaleDateString('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'long', year: 'numeric' });
    fc.assert(
      fc.property(histories, ({ history, upTo }) => {
        for (const one of workOut(history, upTo).penalties)
          for (const language of ['en', 'sw'] as const) {
            const said = explainPenalty(one, history.terms, language);
            expect(said).toMatch(/^[\w%(),.:; ]+\.$/);
            expect(said).toContain(
              `KES ${(Number(one.amountCents) / 100).toLocaleString('en', { minimumFractionDigits: one.amountCents % 100n ? 2 : 0 })}`,
            );
            expect(said).not.toMatch(/undefined|NaN|Invalid/);
            const dueOn = history.instalments.find(({ number }) => number === one.number)?.dueOn ?? '';
            if (language === 'en') expect(said).toContain(`instalment ${one.number} (due ${day(dueOn)})`);
          }
      }),
      { numRuns: scaled(60), seed: 7 },
    );
  },
  scaled(20_000),
);

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanName } from '#sacco/notices/clean-words.ts';
import { type DigestFacts, digestWords } from '#sacco/notices/digest-words.ts';

const TODAY = '2026-11-21';
const SOON = '2026-11-24';
const AROUND = {
  ...{ name: 'Achieng Otieno', language: 'en' as const, organisation: 'Duka la Kahawa' },
  ...{ siteUrl: 'https://malipo.example', paybill: '174379' },
};
/** As long as the settings allow. */
const LONG_ORGANISATION = 'Umoja wa Akina Mama Wafanyabiashara wa Soko la Gikomba SACCO';
const LONG_SITE = `https://${'a'.repeat(63)}.netlify.app`;

type Loan = { reference: string; dueCents: bigint; penaltyCents: bigint; comingCents: bigint };

/** Loans that are all reminded of, and penalties that are new on the first of them. */
function factsOf(loans: Loan[], penalties = 0): DigestFacts {
  const terms = {
    penalty: { kind: 'percent', basisPoints: 1_250 },
    graceDays: 0,
    frequency: 'once',
    period: 'week',
    capCents: null,
    inDuplum: true,
  };
  const of = (reference: string, number: number, dueOn: string, unpaidCents: bigint) => ({
    loanId: reference,
    reference,
    number,
    dueOn,
    unpaidCents,
    penaltyCents: 0n,
  });
  return {
    today: TODAY,
    dues: loans.map(({ reference, dueCents, penaltyCents, comingCents }) => ({
      ...{
        loanId: reference,
        reference,
        state: 'active',
        balanceCents: dueCents + comingCents,
        dueCents,
        penaltyCents,
        dueSince: dueCents > 0n ? '2026-11-14' : null,
      },
      next: comingCents > 0n ? { number: 2, dueOn: SOON, unpaidCents: comingCents, begun: false } : null,
    })) as DigestFacts['dues'],
    reminders: loans.flatMap(({ reference, dueCents, comingCents }) => [
      ...(dueCents > 0n ? [of(reference, 1, '2026-11-14', dueCents)] : []),
      ...(comingCents > 0n ? [of(reference, 2, SOON, comingCents)] : []),
    ]),
    penalties: Array.from({ length: penalties }, (_, n) => ({
      ...{ loanId: 'LN-4K7Q2M9X', reference: 'LN-4K7Q2M9X', number: n + 1, period: 1, chargedOn: TODAY, days: n + 1, terms },
      ...{ baseCents: 123_456n, amountCents: 12_345n, paidCents: 0n, waivedCents: 0n },
    })) as unknown as DigestFacts['penalties'],
  };
}

const cents = fc.oneof(fc.bigInt({ min: 1n, max: 5_000_000n }), fc.bigInt({ min: 1n, max: 10_000_000_000n }));
const someLoan = fc
  .record({
    reference: fc.stringMatching(/^LN-[A-Z0-9]{8}$/),
    dueCents: fc.oneof(fc.constant(0n), cents),
    penaltyCents: fc.constant(0n),
    comingCents: fc.oneof(fc.constant(0n), cents),
  })
  .filter(({ dueCents, comingCents }) => dueCents + comingCents > 0n);
const someAround = fc.record({
  name: fc
    .oneof(
      fc.constantFrom('Wanjikũ wa Ngũgĩ', 'ï'.repeat(60), '😀😀', 'ﬃ'.repeat(60), 'ǆ'.repeat(60), ''),
      fc.string({ unit: 'grapheme', maxLength: 120 }),
    )
    .map(cleanName),
  language: fc.constantFrom('en' as const, 'sw' as const),
  organisation: fc.constantFrom('Duka', LONG_ORGANISATION, 'Chama cha 😀', 'ĩ'.repeat(60)),
  siteUrl: fc.constantFrom('https://malipo.example', LONG_SITE),
  paybill: fc.option(fc.stringMatching(/^[0-9]{5,7}$/), { nil: undefined }),
});
const asCents = (printed: string) => 100n * BigInt(printed.replace(/\D/g, ''));
const amountsIn = (text: string) => (text.match(/KES [\d,]+/g) ?? []).map(asCents);

describe('the SMS of a morning, whoever gets it', () => {
  test('is two SMS at most in the GSM alphabet, and says what is due in all and how to pay', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(someLoan, { minLength: 1, maxLength: 30, selector: ({ reference }) => reference }),
        someAround,
        fc.integer({ min: 0, max: 4 }),
        (loans, around, penalties) => {
          const { sms, toldBySms } = digestWords(factsOf(loans, penalties), around);
          expect(sms.length).toBeLessThanOrEqual(306);
          expect(sms).toMatch(/^[@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*$/);
          expect(sms).toContain(around.paybill ? `paybill ${around.paybill}` : '/pay?reference=LN-');
          expect(sms.match(/(Penalty|Faini) KES/g) ?? []).toHaveLength(toldBySms.length);
          const up = (amount: bigint) => 100n * ((amount + 99n) / 100n);
          const inAll = loans.reduce((sum, { dueCents, comingCents }) => sum + up(dueCents + comingCents), 0n);
          const each = loans.flatMap(({ dueCents, comingCents }) => [up(dueCents), up(comingCents)]).filter((amount) => amount > 0n);
          const said = amountsIn(sms);
          expect(said.includes(inAll) || each.every((amount) => said.includes(amount))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('the total of a list is the sum of its amounts: each loan is paid by itself, in whole shillings', () => {
    const loans = ['A', 'B', 'C', 'D', 'E', 'F'].map((last) => ({
      reference: `LN-4K7Q2M9${last}`,
      dueCents: 54_101n,
      penaltyCents: 0n,
      comingCents: 0n,
    }));
    const { sms } = digestWords(factsOf(loans), AROUND);
    const [inAll, ...each] = amountsIn(sms);
    expect(each).toHaveLength(6);
    expect(inAll).toBe(each.reduce((sum, one) => sum + one, 0n));
  });

  test('one loan is said with the link to pay it, also by an organisation and a site with long names', () => {
    const loans = [{ reference: 'LN-4K7Q2M9X', dueCents: 1_250_000n, penaltyCents: 150_050n, comingCents: 1_250_000n }];
    const { sms } = digestWords(factsOf(loans), { ...AROUND, organisation: LONG_ORGANISATION, siteUrl: LONG_SITE, paybill: undefined });
    expect(sms).toContain('KES 25,000');
    expect(sms).toContain(`${LONG_SITE}/pay?reference=LN-4K7Q2M9X&amount=12500`);
    expect(sms.length).toBeLessThanOrEqual(306);
  });

  test('a penalty is never left out for a greeting', () => {
    const around = { ...AROUND, language: 'sw' as const, name: cleanName('ﬃ'.repeat(60)), organisation: LONG_ORGANISATION };
    const facts = factsOf([], 3);
    const penalties = facts.penalties.map((each) => ({ ...each, baseCents: 12_345_650n, amountCents: 1_234_550n }));
    const { sms, toldBySms } = digestWords({ ...facts, penalties }, around);
    expect(toldBySms).toHaveLength(1);
    expect(sms).toContain('Faini KES 12,345.50 ya LN-4K7Q2M9X');
  });

  test('a penalty that had no room for a week is explained, also to somebody who is reminded of many loans each morning', () => {
    const loans = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'].map((last) => ({
      reference: `LN-4K7Q2M9${last}`,
      dueCents: 150_000n,
      penaltyCents: 0n,
      comingCents: 0n,
    }));
    const facts = factsOf(loans, 2);
    const first = digestWords(facts, AROUND);
    expect(first.toldBySms).toEqual([]);
    const next = digestWords({ ...facts, penalties: facts.penalties.map((each) => ({ ...each, chargedOn: '2026-11-14' })) }, AROUND);
    expect(next.toldBySms).toHaveLength(1);
    expect(next.sms).toMatch(/KES 12,000 is due now or soon on 8 loans: .*, and \d more\. Pay to paybill 174379/);
  });
});

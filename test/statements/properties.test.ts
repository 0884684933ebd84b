import { read as readBySheetJs, utils } from '@e965/xlsx';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { receiptDay } from '#mpesa/daraja/receipt-day.ts';
import { lineKey } from '#mpesa/statements/line-key.ts';
import { readStatement } from '#mpesa/statements/read-statement.ts';
import { readXls } from '#mpesa/statements/read-xls.ts';
import type { LineKind, Statement } from '#mpesa/statements/statement.ts';
import { scaled } from '../world/counts.ts';
import { FORMS, HEADER, preamble, type Row } from './sample-statement.ts';
import { writeXls } from './write-xls.ts';

type Movement = {
  receipt: string;
  second: number;
  cents: bigint;
  kind: LineKind;
  details: string;
  reason: string;
  party: string;
  reference: string;
};

/** Names and references as people have and type them: commas, quotation marks, formulas, dashes, letters of other alphabets. */
const words = fc
  .array(
    fc.constantFrom(
      'AMINA',
      '****',
      'MFANO',
      'Ng’ang’a',
      'O"Brien',
      'a,b',
      '=HYPERLINK("http://x")',
      '- LTD',
      'Łukasz',
      '0071',
      '中',
      'Zoë',
      '+1',
      '@x',
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((parts) => parts.join(' '));

const TEMPLATES: { kind: LineKind; sign: 1n | -1n; reason: string; details: string; noParty?: true }[] = [
  { kind: 'payment', sign: 1n, reason: 'Pay Utility', details: 'Pay Bill from P Acc. R' },
  { kind: 'payment', sign: 1n, reason: 'Pay Bill Online', details: 'Pay Bill Online from P Acc. R' },
  { kind: 'payment', sign: 1n, reason: 'Standing Order Pay Bill', details: 'Standing Order Pay Bill from P Acc. R' },
  { kind: 'payment', sign: 1n, reason: 'Pay Merchant', details: 'Merchant Payment from P' },
  { kind: 'charge', sign: -1n, reason: 'Pay Utility', details: 'Pay Bill Charge', noParty: true },
  { kind: 'charge', sign: -1n, reason: 'Business Payment to Customer via API', details: 'Business Payment Charge', noParty: true },
  { kind: 'payout', sign: -1n, reason: 'Business Payment to Customer via API', details: 'Business Payment to Customer via API to P' },
  { kind: 'reversal', sign: -1n, reason: 'Pay Utility Reversal', details: 'Pay Utility Reversal by MFANO\\tester1' },
  { kind: 'sweep', sign: -1n, reason: '', details: 'Utility Account to Organization Settlement Account', noParty: true },
  {
    kind: 'organisation',
    sign: 1n,
    reason: 'Organization To Organization Transfer',
    details: 'Organization To Organization Transfer from P Acc. R',
  },
  { kind: 'unknown', sign: 1n, reason: 'Bonus Points', details: 'Bonus Points from P' },
];

const movement: fc.Arbitrary<Omit<Movement, 'receipt'>> = fc
  .record({
    second: fc.integer({ min: 0, max: 86_399 }),
    amount: fc.bigInt({ min: 1n, max: 25_000_000n }),
    template: fc.constantFrom(...TEMPLATES),
    mask: fc.constantFrom('25470****101', '070****202', '2547****376', '254708374149'),
    name: words,
    reference: words,
  })
  .map(({ second, amount, template: { kind, sign, reason, details, noParty }, mask, name, reference }) => {
    const party = noParty ? '' : `${mask} - ${name}`;
    const hasReference = details.endsWith('R');
    const written = details.replace('P Acc. R', `${party} Acc. ${reference}`).replace(/ P$/, ` ${party}`);
    return { second, cents: sign * amount, kind, details: written, reason, party, reference: hasReference ? reference : '' };
  });

const movements = fc
  .array(movement, { maxLength: 25 })
  .map((all) =>
    all
      .toSorted((a, b) => a.second - b.second)
      .map((one, index) => ({ ...one, receipt: `UKS${index.toString(36).toUpperCase().padStart(7, 'Q')}` })),
  );

const amountOf = (cents: bigint) => Number(cents) / 100;

function toRows(all: Movement[], opening: bigint, form: 'portal' | 'day/month' | 'year first' | 'serial', newestFirst: boolean): Row[] {
  let balance = opening;
  const stamp = (second: number) => {
    const clock = new Date(second * 1000).toISOString().slice(11, 19);
    if (form === 'serial') return 46_354 + second / 86_400;
    return `${{ portal: '28-11-2026', 'day/month': '28/11/2026', 'year first': '2026-11-28' }[form]} ${clock}`;
  };
  const rows = all.map(({ receipt, second, cents, details, reason, party, reference }): Row => {
    balance += cents;
    const [paidIn, withdrawn] = cents > 0n ? [amountOf(cents), ''] : ['', amountOf(cents)];
    const at = stamp(second);
    const account = reference === '' ? '' : ` ${reference}`;
    return [receipt, at, at, details, 'Completed', paidIn, withdrawn, amountOf(balance), 'true', reason, party, '', account, 'KES'];
  });
  const sum = (sign: 1 | -1) => all.reduce((total, { cents }) => (cents > 0n === sign > 0 ? total + cents : total), 0n);
  const head = preamble({
    opening: amountOf(opening),
    closing: amountOf(balance),
    paidIn: amountOf(sum(1)),
    withdrawn: amountOf(-sum(-1)),
  });
  return [...head, HEADER, ...(newestFirst ? rows.toReversed() : rows)];
}

async function mustRead(bytes: Uint8Array): Promise<Statement> {
  const statement = await readStatement(bytes, 'whatever.bin');
  if (statement.outcome === 'refused') throw new Error(statement.message);
  return statement;
}

describe.each(Object.keys(FORMS))('%s', (name) => {
  const toFile = FORMS[name] as (rows: Row[]) => Buffer;

  test('says what was written into it, in whatever order and form of date', async () => {
    const form = fc.constantFrom('portal' as const, 'day/month' as const, 'year first' as const, 'serial' as const);
    await fc.assert(
      fc.asyncProperty(
        movements,
        fc.bigInt({ min: 0n, max: 10_000_000n }),
        form,
        fc.boolean(),
        async (all, opening, dates, newestFirst) => {
          const isText = name.includes('.csv');
          const statement = await mustRead(toFile(toRows(all, opening, dates === 'serial' && isText ? 'portal' : dates, newestFirst)));
          const found = newestFirst ? statement.lines.toReversed() : statement.lines;
          expect(
            found.map(({ receipt, kind, amountCents, direction, reference }) => [
              receipt,
              kind,
              direction === 'in' ? amountCents : -amountCents,
              reference,
            ]),
          ).toEqual(all.map(({ receipt, kind, cents, reference }) => [receipt, kind, cents, reference || undefined]));
          expect(found.map(({ completedAt }) => completedAt.getTime())).toEqual(
            all.map(({ second }) => Date.parse('2026-11-28T00:00:00+03:00') + second * 1000),
          );
          expect(statement).toMatchObject({
            problemCount: 0,
            checks: { balance: 'unbroken', opening: 'agrees', closing: 'agrees', totals: 'agree' },
          });
        },
      ),
      { numRuns: scaled(30) },
    );
  });

  test('one changed balance, one missing line: the neighbours are named', async () => {
    const some = movements.filter((all) => all.length >= 3);
    await fc.assert(
      fc.asyncProperty(some, fc.nat(), fc.boolean(), async (all, seed, isMissing) => {
        const rows = toRows(all, 1_000_000n, 'portal', true);
        const at = HEADER.length > 0 ? 8 + (seed % (all.length - 2)) : 0; // neither the newest nor the oldest
        if (isMissing) rows.splice(at, 1);
        else (rows[at] as Row)[7] = 123_456_789;
        const { checks } = await mustRead(toFile(rows));
        expect(checks.balance).toBe('broken');
        expect(checks.breaks.map(({ lineNumber }) => lineNumber)).toEqual(isMissing ? [at] : expect.arrayContaining([at + 1]));
      }),
      { numRuns: scaled(10) },
    );
  });
});

test('an .xls is read as SheetJS reads it, shared texts cut anywhere', async () => {
  const cell = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  );
  const long = fc
    .tuple(fc.constantFrom('', '中'), fc.string({ unit: 'binary-ascii', minLength: 4_000, maxLength: 9_000 }))
    .map((parts) => parts.join(''));
  const row = fc.array(fc.oneof({ weight: 9, arbitrary: cell }, { weight: 1, arbitrary: long }), { minLength: 1, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (rows) => {
      const bytes = writeXls(rows);
      const seen: unknown[] = [];
      await readXls(bytes, (cells) => seen.push(cells));
      const book = readBySheetJs(bytes, { type: 'buffer' });
      const theirs = utils.sheet_to_json(book.Sheets[book.SheetNames[0] ?? ''] ?? {}, { header: 1, raw: true, blankrows: false });
      expect(seen).toEqual(theirs);
      expect(seen).toEqual(rows);
    }),
    { numRuns: scaled(8), endOnFailure: true }, // reading long texts is slow for SheetJS, and making a failure smaller takes many,
  );
});

test('a shared text that goes on in another record, with two bytes a character and then with one', async () => {
  const rows = [['x', `中${'a'.repeat(9_000)}`, 'b'.repeat(20_000), `${'c'.repeat(4_000)}中`, 'y']];
  const seen: unknown[] = [];
  await readXls(writeXls(rows), (cells) => seen.push(cells));
  expect(seen).toEqual(rows);
  const book = readBySheetJs(writeXls(rows), { type: 'buffer' });
  expect(utils.sheet_to_json(book.Sheets.transaction ?? {}, { header: 1 })).toEqual(rows);
});

test('a line of an overlapping statement has the same key, and no two lines of one have', async () => {
  await fc.assert(
    fc.asyncProperty(movements, fc.nat(), async (all, seed) => {
      const whole = await mustRead((FORMS['a .csv of the portal'] as (rows: Row[]) => Buffer)(toRows(all, 0n, 'portal', true)));
      const from = all.length === 0 ? 0 : seed % all.length;
      const part = await mustRead(
        (FORMS['an .xls with shared texts'] as (rows: Row[]) => Buffer)(toRows(all.slice(from), 0n, 'day/month', false)),
      );
      const keys = new Set(whole.lines.map((line) => lineKey('600981', line)));
      expect(keys.size).toBe(all.length);
      expect(part.lines.every((line) => keys.has(lineKey('600981', line)))).toBe(true);
    }),
    { numRuns: scaled(50) },
  );
});

test('every day from 2006 to 2031 has its code, and no other text has a day', () => {
  const DAYS = '123456789ABCDEFGHIJKLMNOPQRSTUV';
  fc.assert(
    fc.property(fc.date({ min: new Date('2006-01-01'), max: new Date('2031-12-31'), noInvalidDate: true }), (date) => {
      const code = `${String.fromCharCode(65 + date.getUTCFullYear() - 2006)}${String.fromCharCode(65 + date.getUTCMonth())}${DAYS[date.getUTCDate() - 1]}`;
      expect(receiptDay(`${code}AB12CD3`)).toBe(date.toISOString().slice(0, 10));
      expect(receiptDay(` ${code.toLowerCase()}ab12cd3 `)).toBe(date.toISOString().slice(0, 10));
    }),
  );
  for (const strange of [
    '',
    'UKS',
    'UKSAA1000',
    'UKSAA100001',
    'UMSAA10001',
    'UKWAA10001',
    'UK0AA10001',
    '1KSAA10001',
    'UBUAA10001',
    'UKSAA1000-',
  ])
    expect(receiptDay(strange), strange).toBeUndefined();
  expect(receiptDay('TJ15C7XXXX')).toBe('2025-10-01');
});

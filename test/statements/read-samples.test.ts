import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lineKey } from '#mpesa/statements/line-key.ts';
import { readStatement } from '#mpesa/statements/read-statement.ts';
import type { Statement, StatementLine } from '#mpesa/statements/statement.ts';

const FOLDER = 'test/statements/files';

async function read(name: string): Promise<Statement> {
  const statement = await readStatement(readFileSync(`${FOLDER}/${name}`), name);
  if (statement.outcome === 'refused') throw new Error(statement.message);
  return statement;
}

const told = ({ receipt, direction, amountCents, kind, account, reference }: StatementLine) =>
  [receipt, direction, (Number(amountCents) / 100).toFixed(2), kind, account ?? '-', reference ?? '-'].join(' ');

test('a paybill statement: who paid what, and what was swept', async () => {
  const statement = await read('01-paybill-preamble.csv');
  expect(statement.lines.map(told)).toEqual([
    'UKSAA10008 out 15000.00 sweep utility -',
    'UKSAA10007 in 99.00 payment utility 0071',
    'UKSAA10006 in 12000.00 organisation utility INV-1004',
    'UKSAA10005 in 75.50 payment utility BK-9',
    'UKSAA10004 in 3200.00 payment utility INV-1003',
    'UKSAA10003 in 111.00 payment utility LN-77',
    'UKSAA10002 in 250.00 payment utility inv 1002',
    'UKSAA10001 in 1500.00 payment utility INV-1001',
  ]);
  expect(statement).toMatchObject({
    layout: 'preamble',
    holder: 'MFANO TRADERS LIMITED',
    shortcode: '600981',
    account: 'utility',
    period: { from: new Date('2026-11-28T00:00:00+03:00'), to: new Date('2026-11-28T23:59:59+03:00') },
    openingCents: 100_000n,
    closingCents: 323_550n,
    totalInCents: 1_723_550n,
    totalOutCents: 1_500_000n,
    checks: { order: 'newest first', balance: 'unbroken', opening: 'agrees', closing: 'agrees', totals: 'agree' },
    problemCount: 0,
  });
  expect(statement.lines[3]).toEqual({
    lineNumber: 11,
    receipt: 'UKSAA10005',
    completedAt: new Date('2026-11-28T10:12:09+03:00'),
    initiatedAt: new Date('2026-11-28T10:12:07+03:00'),
    details: 'Pay Bill Online from 011****505 - ELI JARIBU Acc. BK-9',
    status: 'Completed',
    direction: 'in',
    amountCents: 7_550n,
    balanceCents: 613_650n,
    kind: 'payment',
    account: 'utility',
    otherParty: { phone: { tail: '505' }, name: 'ELI JARIBU' },
    reference: 'BK-9',
    currency: 'KES',
    ordinal: 1,
  });
});

test('a till statement: a charge is apart from its payment, a failed payment moved nothing, a report made at eleven knows nothing of the afternoon', async () => {
  const statement = await read('02-till-merchant-account.csv');
  expect(statement.lines.map(told)).toEqual([
    'UKSBB20005 out 3.52 charge merchant -',
    'UKSBB20005 in 640.00 payment merchant -',
    'UKSBB20004 in 30.00 payment merchant -',
    'UKSBB20002 out 11.00 charge merchant -',
    'UKSBB20002 in 2000.00 payment merchant -',
    'UKSBB20001 in 100.00 payment merchant -',
    'UKSBB20000 out 4800.00 sweep merchant -',
  ]);
  expect(statement.others).toMatchObject([{ receipt: 'UKSBB20003', status: 'Failed', amountCents: 5_000n }]);
  expect(statement.checks).toMatchObject({ balance: 'unbroken', opening: 'agrees', closing: 'agrees', totals: 'agree' });
  expect(statement.covers?.to).toEqual(new Date('2026-11-28T11:00:00+03:00'));
  expect(statement.problems).toEqual([]);
  const keys = statement.lines.map((line) => lineKey('600982', line));
  expect(new Set(keys).size).toBe(keys.length);
});

test('a statement without preamble: code and period from its name, other businesses and moves of own money told apart', async () => {
  const statement = await read('03-Statements for 600983 from 2026-11-28 to 2026-11-28.csv');
  expect(statement.lines.map(told)).toEqual([
    'UKSCC30009 out 67920.50 internal - -',
    'UKSCC30008 in 67920.50 internal organization mmf -',
    'UKSCC30008 out 67920.50 internal organization settlement -',
    'UKSCC30007 in 67920.50 internal organization settlement -',
    'UKSCC30007 out 67920.50 sweep utility -',
    'UKSCC30006 in 1100.50 payment utility INV-2001',
    'UKSCC30005 in 1900.00 payment utility duka la mfano',
    'UKSCC30004 in 60840.00 organisation utility INV-2003',
    'UKSCC30003 in 2350.00 organisation utility INV 2002',
    'UKSCC30002 in 1200.00 organisation utility Chao',
    'UKSCC30001 in 530.00 organisation utility -',
  ]);
  expect(statement).toMatchObject({
    layout: 'plain',
    shortcode: '600983',
    checks: { balance: 'unbroken', opening: 'unknown' },
    problemCount: 0,
  });
  expect(statement.period?.to).toEqual(new Date('2026-11-28T23:59:59+03:00'));
  expect(statement.covers?.to).toEqual(new Date('2026-11-28T23:09:30+03:00'));
  expect(statement.lines[8]?.otherParty).toEqual({ shortcode: '600952', name: 'BENKI YA MFANO LTD - BANK TO TILL' });
});

test('charges, a reversal and a payout are no sales', async () => {
  const statement = await read('04-reversals-and-charges.csv');
  expect(statement.lines.map(told)).toEqual([
    'UKSDD40005 out 8.00 charge utility -',
    'UKSDD40005 out 300.00 payout utility -',
    'UKSDD40004 in 750.00 payment utility INV-3003',
    'UKSDD40003 out 500.00 reversal utility INV-3002',
    'UKSDD40002 out 2.50 charge utility -',
    'UKSDD40002 in 500.00 payment utility INV-3002',
    'UKSDD40001 out 5.00 charge utility -',
    'UKSDD40001 in 2000.00 payment utility INV-3001',
  ]);
  expect(statement.lines[3]?.linkedReceipt).toBe('UKSDD40002');
});

test('a day on which nothing happened is a whole statement', async () => {
  const statement = await read('05-empty-period.csv');
  expect(statement).toMatchObject({
    lines: [],
    problemCount: 0,
    checks: { balance: 'unbroken', opening: 'agrees', closing: 'agrees', totals: 'agree' },
  });
});

test('dates in two forms, after a spreadsheet', async () => {
  const statement = await read('06-two-date-formats.csv');
  expect(statement.lines.map(({ completedAt }) => completedAt.toISOString())).toEqual([
    '2026-11-28T07:05:00.000Z',
    '2026-11-13T06:15:00.000Z',
    '2026-11-12T09:00:00.000Z',
    '2026-11-03T21:00:00.000Z',
    '2026-11-03T20:59:59.000Z',
    '2026-11-03T05:01:12.000Z',
  ]);
  expect(statement).toMatchObject({ problemCount: 0, checks: { balance: 'unbroken' } });
});

test('payers, masked in every way that was seen; references keep their zeros', async () => {
  const statement = await read('07-masks.csv');
  expect(statement.lines.map(({ otherParty, reference }) => [otherParty, reference])).toEqual([
    [{ phone: { tail: '505' }, name: 'HAWA - DUKA LA PILI' }, '00012'],
    [{ phone: { full: '254708374149' }, name: 'GAKII **** MFANO' }, '1'],
    [{ phone: { tail: '511' }, name: 'FURAHA MFANO' }, 'inv 1002'],
    [{ phone: { tail: '578' }, name: 'ELI **** JARIBU' }, 'LN-77'],
    [{ phone: { tail: '222' }, name: 'Doto Majaribio' }, 'x'],
    [{ phone: { tail: '376' }, name: 'CHAO SAMPULI' }, 'BK 9'],
    [{ phone: { tail: '202' }, name: 'baraka **** jaribio' }, '0071'],
    [{ phone: { tail: '101' }, name: 'AMINA **** MFANO' }, 'INV-1'],
  ]);
});

test('what cannot be read is said line by line, and breaks the balance', async () => {
  const statement = await read('08-broken.csv');
  expect(statement.lines.map(({ receipt, ordinal }) => [receipt, ordinal])).toEqual([
    ['UKSGG70006', 1],
    ['UKSGG70001', 2],
    ['UKSGG70001', 1],
  ]);
  expect(statement.unreadableCount).toBe(4);
  expect(statement.problems).toEqual([
    { lineNumber: 9, column: 'Paid In', text: '5OO.00', problem: 'This is no amount paid in.' },
    { lineNumber: 10, text: 'UKSGG70004', problem: 'The row has 15 cells, the header 14: a comma that is not in quotation marks?' },
    { lineNumber: 11, text: 'UKSGG70003', problem: 'The row has 10 cells, the header 14: is the row cut off?' },
    { lineNumber: 12, text: 'UKSGG70001', problem: 'The statement has this receipt 2 times with the same sign and kind.' },
    { lineNumber: 14, text: 'UKSGG70000', problem: 'The row has 4 cells, the header 14: is the row cut off?' },
  ]);
  expect(statement.checks).toMatchObject({
    balance: 'broken',
    breaks: [{ lineNumber: 8, expectedCents: 40_000n, foundCents: 160_000n }],
    opening: 'differs',
    totals: 'differ',
  });
});

test('a line that cannot be read breaks the balance, even at the end of the file', async () => {
  const name = '01-paybill-preamble.csv';
  const text = readFileSync(`${FOLDER}/${name}`, 'utf8').replace(',1500.00,', ',15OO.00,');
  const statement = await readStatement(Buffer.from(text), name);
  expect(statement).toMatchObject({
    unreadableCount: 1,
    checks: { balance: 'broken', breakCount: 0, opening: 'differs', totals: 'differ' },
  });
});

test('each sample is looked at above', () => {
  expect(readdirSync(FOLDER)).toHaveLength(8);
});

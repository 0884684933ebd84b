import { expect, test } from 'vitest';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { readStatement } from '#mpesa/statements/read-statement.ts';
import type { Statement } from '#mpesa/statements/statement.ts';
import { HEADER, paymentRow, preamble, type Row, toCsv } from './sample-statement.ts';
import { writeXls } from './write-xls.ts';

async function read(bytes: Uint8Array, name = 'x.csv'): Promise<Statement> {
  const statement = await readStatement(bytes, name);
  if (statement.outcome === 'refused') throw new Error(`${statement.code}: ${statement.message}`);
  return statement;
}
const csv = (...lines: string[]) => Buffer.from(lines.join('\r\n'));

test('the daily drop to large billers: known by its name, withdrawn before paid in, with or without a header', async () => {
  const lines = [
    'UKSHH80002,2026-11-28 09:00:00,Organization Settlement Account to Bank,Completed,500,0',
    'UKSHH80001,2026-11-28 08:00:00,Pay Bill from 2547****111 - AMINA MFANO Acc. INV-1,Completed,0,1250',
  ];
  const statement = await read(csv(...lines), 'Mpesa_600984_20261128235959.csv');
  expect(statement).toMatchObject({
    layout: 'daily',
    shortcode: '600984',
    lines: [
      { direction: 'out', amountCents: 50_000n, kind: 'internal' },
      { direction: 'in', amountCents: 125_000n, kind: 'payment', reference: 'INV-1', account: 'utility' },
    ],
    period: { from: new Date('2026-11-28T00:00:00+03:00'), to: new Date('2026-11-28T23:59:59+03:00') },
    checks: { balance: 'unknown' },
  });
  expect((await readStatement(csv(...lines), 'renamed.csv')).outcome).toBe('refused');
});

test('the head office over many stores, its header in step or one column out: balances go store by store', async () => {
  const header =
    'STORE_NAME,RECEIPT_NUMBER,ACCOUNT_TYPE_NAME,TRANSACTION_TYPE,START_TIMESTAMP,TRANSACTION_PARTY_DETAILS,CREDIT_AMOUNT,DEBIT_AMOUNT,BALANCE,LINKED_TRANSACTION_ID';
  const rows = [
    'DUKA 1,UKSHH90004,Merchant Account,Pay merchant Charge,2026-11-28 12:00:00,SP,,2.00,148.00,',
    'DUKA 2,UKSHH90003,Merchant Account,Customer Merchant Payment,2026-11-28 11:00:00,2547****111 - AMINA MFANO,,30.00,10.00,UKSHH90001',
    'DUKA 1,UKSHH90002,Merchant Account,Merchant Payment,2026-11-28 10:00:00,2547****111 - AMINA MFANO,50.00,,150.00,',
    'DUKA 2,UKSHH90001,Merchant Account,Customer Merchant Payment,2026-11-28 09:00:00,2547****111 - AMINA MFANO,40.00,,40.00,',
  ];
  for (const file of [csv(header, ...rows), csv(header, ...rows.map((row) => `x,${row}`))]) {
    const { layout, lines, checks, problemCount } = await read(file);
    expect(layout).toBe('head_office');
    expect(lines.map(({ store, receipt, kind, amountCents, linkedReceipt }) => [store, receipt, kind, amountCents, linkedReceipt])).toEqual(
      [
        ['DUKA 1', 'UKSHH90004', 'charge', 200n, undefined],
        ['DUKA 2', 'UKSHH90003', 'reversal', 3_000n, 'UKSHH90001'],
        ['DUKA 1', 'UKSHH90002', 'payment', 5_000n, undefined],
        ['DUKA 2', 'UKSHH90001', 'payment', 4_000n, undefined],
      ],
    );
    expect([checks.balance, problemCount]).toEqual(['unbroken', 0]);
  }
});

test('an .xls of 2010: its header on row 23, withdrawn before paid in', async () => {
  const header =
    'Receipt,Date,Details,Status,Withdrawn,Paid In,Balance,Balance Confirmed,Transaction Type,Other Party Info,Transaction Party Details'.split(
      ',',
    );
  const above: Row[] = Array.from({ length: 22 }, (_, at) => [`line ${at}`]);
  const row: Row = [
    'A12BC345',
    '2010-11-28 09:00:00',
    'Pay Bill from 254708374149 - AMINA MFANO Acc. 12',
    'Completed',
    '',
    100,
    100,
    'true',
    'Pay Utility',
    '254708374149 - AMINA MFANO',
    '',
  ];
  expect((await read(writeXls([...above, header, row]))).lines).toMatchObject([
    {
      lineNumber: 24,
      receipt: 'A12BC345',
      amountCents: 10_000n,
      direction: 'in',
      kind: 'payment',
      reference: '12',
      otherParty: { phone: { full: '254708374149' } },
    },
  ]);
});

test('nine columns, as converters make them of a PDF', async () => {
  const statement = await read(
    csv(
      'Receipt No.,Completion Time,Details,Transaction Status,Paid In,Withdrawn,Balance,Transaction Type,Other Party',
      'UKSHH70001,2026-11-28 09:00:00,Merchant Payment from 254727***578 - AMINA MFANO,Completed,"1,250.00",,"1,250.00",Pay Merchant,254727***578 - AMINA MFANO',
    ),
  );
  expect(statement).toMatchObject({
    layout: 'plain',
    lines: [{ kind: 'payment', amountCents: 125_000n, otherParty: { phone: { tail: '578' } } }],
  });
  expect(statement.shortcode).toBeUndefined();
});

test('the name of a file tells what its preamble does not', async () => {
  const rows = [HEADER, paymentRow(1, { balance: 10 })];
  const named = await read(toCsv(rows), 'C:\\exports\\ORG_600981_UtilityAccount_All_20261129070001.xls');
  expect(named).toMatchObject({ shortcode: '600981', account: 'utility' });
  const both = await read(toCsv([...preamble({ shortcode: '600982' }), ...rows]), 'ORG_600981_MerchantAccount_All_20261129070001.xls');
  expect(both).toMatchObject({ shortcode: '600982', account: 'utility' });
});

test('amounts, as they are written and as they are not', async () => {
  const amounts: [string | number, bigint | undefined][] = [
    ['1,100.50', 110_050n],
    ['1100.5', 110_050n],
    ['0.01', 1n],
    ['1234567', 123_456_700n],
    [67920.49999999999, 6_792_050n],
    [0.1 + 0.2, 30n],
    ['5OO.00', undefined],
    ['11,00.50', undefined],
    ['10.005', undefined],
    [10.005, undefined],
    ['1e3', undefined],
    ['-5', undefined],
    ['Infinity', undefined],
    ['99999999999999', undefined],
    ['', undefined],
  ];
  for (const [written, cents] of amounts) {
    const row = paymentRow(1).with(5, written);
    const { lines, problems } = await read(
      typeof written === 'number' ? writeXls([...preamble(), HEADER, row]) : toCsv([...preamble(), HEADER, row]),
    );
    expect(
      lines.map(({ amountCents }) => amountCents),
      String(written),
    ).toEqual(cents === undefined ? [] : [cents]);
    expect(problems.map(({ column }) => column)).toEqual(cents === undefined ? ['Paid In'] : []);
  }
  const both = await read(toCsv([...preamble(), HEADER, paymentRow(1).with(6, -5), paymentRow(2).with(5, '').with(6, 5)]));
  expect(both.problems).toMatchObject([{ lineNumber: 8, problem: expect.stringContaining('this one is both') }]);
  expect(both.lines).toMatchObject([{ direction: 'out', amountCents: 500n }]);
});

test('a reference that a spreadsheet has spoilt is taken from the details', async () => {
  const details = 'Pay Bill from 25470****101 - AMINA MFANO Acc. 0071';
  for (const spoilt of [71, '71', '7.1E+1', '']) {
    const row = paymentRow(1).with(3, details).with(12, spoilt);
    const file = typeof spoilt === 'number' ? writeXls([...preamble(), HEADER, row]) : toCsv([...preamble(), HEADER, row]);
    expect((await read(file)).lines[0]?.reference).toBe('0071');
  }
  expect((await read(toCsv([...preamble(), HEADER, paymentRow(1).with(3, details).with(12, ' other')]))).lines[0]?.reference).toBe('other');
});

test('a byte order mark before a quoted header is no part of it', async () => {
  const text = toCsv([HEADER, paymentRow(1)])
    .toString()
    .replace('Receipt No.', '"Receipt No."');
  expect((await read(Buffer.from(`\ufeff${text}`))).lines).toHaveLength(1);
});

test('text of the code page of Windows is read as that', async () => {
  const bytes = Buffer.from(toCsv([...preamble(), HEADER, paymentRow(1).with(10, '25470****101 - ZOË')]).toString(), 'latin1');
  expect((await read(bytes)).lines[0]?.otherParty?.name).toBe('ZOË');
});

/** A statement of which some lines have a date that their receipts (28 November) do not tell. */
const dated = (right: number, wrong: number, day: string): Row[] => [
  ...preamble(),
  HEADER,
  ...Array.from({ length: right }, (_, at) => paymentRow(at, { code: 'UKC', day: '12-11-2026' })),
  ...Array.from({ length: wrong }, (_, at) => paymentRow(right + at, { code: 'UKC', day })),
];

test('dates that their receipts contradict: a few are listed, more are refused with the likely cause', async () => {
  const few = await read(toCsv(dated(98, 2, '11-12-2026')));
  expect(few.lines.slice(98).map(({ completedAt }) => nairobiDay(completedAt))).toEqual(['2026-11-12', '2026-11-12']);
  expect(few.problems.filter(({ problem }) => problem.includes('day and month seem exchanged'))).toHaveLength(2);
  const kept = await read(toCsv(dated(98, 2, '20-11-2026')));
  expect(kept.lines.slice(98).map(({ completedAt }) => nairobiDay(completedAt))).toEqual(['2026-11-20', '2026-11-20']);
  expect(kept.problems.filter(({ problem }) => problem.includes('kept with the date'))).toHaveLength(2);
  expect((await read(toCsv(dated(0, 10, '13-11-2026')))).problems.filter(({ problem }) => problem.includes('receipt was made'))).toEqual(
    [],
  ); // past midnight

  expect(await readStatement(toCsv(dated(97, 3, '11-12-2026')), 'x.csv')).toMatchObject({
    outcome: 'refused',
    code: 'statement_dates_disagree',
    message: expect.stringMatching(/^In 3 of 100 lines .* line 105: .*2026-11-12.*2026-12-11.* Day and month are swapped/),
  });
  expect(await readStatement(toCsv(dated(0, 5, '28-10-2026')), 'x.csv')).toMatchObject({
    code: 'statement_dates_disagree',
    message: expect.not.stringContaining('swapped: a spreadsheet'),
  });
});

test('a line outside of its period, a moment that does not exist, a month before the day', async () => {
  const at = (day: string) => paymentRow(1, { day });
  const { problems } = await read(
    toCsv([...preamble(), HEADER, ...Array.from({ length: 9 }, () => paymentRow(5)), paymentRow(1, { day: '29-11-2026', code: 'UKT' })]),
  );
  expect(problems.at(-1)).toMatchObject({ lineNumber: 17, problem: expect.stringContaining('outside the period') });
  expect((await read(toCsv([...preamble(), HEADER, at('31-11-2026')]))).problems).toMatchObject([
    { column: 'Completion Time', problem: expect.stringContaining('cannot be read') },
  ]);
  expect((await read(toCsv([...preamble(), HEADER, at('11/28/2026')]))).problems).toMatchObject([
    { column: 'Completion Time', problem: expect.stringContaining('month written first') },
  ]);
  const noSeconds = paymentRow(1).with(1, '28-11-2026 9:05').with(2, '15:50');
  expect((await read(toCsv([...preamble(), HEADER, noSeconds]))).lines[0]?.completedAt).toEqual(new Date('2026-11-28T09:05:00+03:00'));
});

test('what others choose to be called or to type decides nothing about a line', async () => {
  const evil = [
    '- PAY BILL CHARGE',
    'Utility Account to Organization Settlement Account',
    'Reversal',
    'A Acc. Charge by B',
    'from 600977 - X',
    'to 2547****111 - Y',
  ];
  for (const words of evil) {
    const party = `25470****101 - ${words}`;
    const row = paymentRow(1).with(3, `Pay Bill from ${party} Acc. ${words}`).with(10, party).with(12, ` ${words}`);
    expect((await read(toCsv([...preamble(), HEADER, row]))).lines[0]?.kind, words).toBe('payment');
    const sent = paymentRow(1).with(3, `Business Payment to Customer via API to ${party}`).with(5, '').with(6, -10);
    expect((await read(toCsv([...preamble(), HEADER, sent]))).lines[0]?.kind, words).toBe('payout');
  }
});

test.each([
  ['Pay merchant Charge', 'out', 'charge'],
  ['FSI to Merchant Charge by Receiver', 'out', 'charge'],
  ['Merchant to Merchant Payment Charge to M-PESA', 'out', 'charge'],
  ['Agency Withdrawal of funds to Bank', 'out', 'sweep'],
  ['Real Time Settlement', 'out', 'sweep'],
  ['Organization Settlement Account to Utility Account', 'in', 'top_up'],
  ['Organization Settlement Account to Utility Account', 'out', 'internal'],
  ['Organization Working Account to Organization Settlement Account', 'out', 'sweep'],
  ['Utility Account to Organization Working Account', 'out', 'internal'],
  ['Organisation Settlement Account to Organisation MMF Account', 'out', 'internal'],
  ['Salary Payment to Customer', 'out', 'payout'],
  ['Business Payment to Customer via API', 'in', 'unknown'],
  ['Pay Bill from 25470****101 - A', 'out', 'unknown'],
  ['Some New Thing from 25470****101 - A', 'in', 'unknown'],
  ['Pay Utility Reversal by 600981\\u', 'in', 'reversal'],
] as const)('%s, money %s, is %s', async (details, direction, kind) => {
  const amounts: [string, string] = direction === 'in' ? ['10', ''] : ['', '-10'];
  const row = paymentRow(1).with(3, details).with(5, amounts[0]).with(6, amounts[1]);
  expect((await read(toCsv([...preamble(), HEADER, row]))).lines[0]).toMatchObject({ kind, direction });
});

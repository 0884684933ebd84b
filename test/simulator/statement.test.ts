import { read as readWorkbook, utils } from '@e965/xlsx';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { StatementInput } from '../../dev/daraja/export-statement.ts';
import type { SimulatorOptions } from '../../dev/daraja/options.ts';
import { type Bench, createBench, PERSON } from './bench.ts';
import { requestsOf } from './requests.ts';

const TILL = '5551234';
const OPTIONS: SimulatorOptions = {
  b2cShortcode: 174379,
  tillNumber: TILL,
  switches: { fees: 'tariff', paybillPayer: 'business', tillShortcode: 'till', c2bValidation: false },
};

/** Everything that a statement can show, a minute apart, on 21 November 2026. */
async function trade(bench: Bench) {
  const { payout, reverse } = requestsOf(bench);
  const { control, clock } = bench;
  const step = () => clock.advance(60_000);
  control.topUp({ amountShillings: 10_000 });
  await step();
  const paid = await control.payBill({ phone: PERSON, amountShillings: 2_000, account: '0071' });
  await step();
  const { CheckoutRequestID } = (await bench.push({ AccountReference: 'inv 7, "b"' })).body;
  await control.answer(CheckoutRequestID, { pin: '1234' });
  await step();
  await control.payFromOrganisation({ amountShillings: 980.5, account: 'INV-1004' });
  await step();
  await payout({ PartyA: 174379, Amount: 5_000, PartyB: '254701234564' });
  await step();
  const receipt = paid.outcome === 'paid' ? paid.receipt : '';
  await reverse({ TransactionID: receipt, Amount: 2_000 });
  await step();
  control.payByHand({ phone: PERSON, amountShillings: 10 });
  await step();
  await control.payBill({ phone: PERSON, amountShillings: 640, shortcode: TILL });
  await step();
  control.sweep({ shortcode: 174379, toBank: true });
  control.sweep({ shortcode: TILL, amountShillings: 100 });
  return receipt;
}

/** A statement's preamble, header and rows, newest first. */
async function read(bench: Bench, order: StatementInput = {}) {
  const { name, text } = await bench.control.statement(order);
  if (text === null) throw new Error('CSV was asked for.');
  const rows: string[][] = parse(text, { relax_column_count: true });
  const at = rows.findIndex(([first]) => first === 'Receipt No.' || first === 'Receipt No');
  const header = rows[at] ?? [];
  const lines = rows.slice(at + 1).map((row) => Object.fromEntries(header.map((column, i) => [column, row[i] ?? ''])));
  return { name, text, preamble: rows.slice(0, at), header, lines };
}
const cents = (text: string | undefined) => Math.round(Number((text ?? '').replaceAll(',', '') || '0') * 100);

describe('a statement as the portal exports it (V1)', () => {
  it('has the recorded preamble, header, file name and line ends', async () => {
    await using bench = await createBench(OPTIONS);
    await trade(bench);
    const { name, text, preamble, header } = await read(bench);
    expect(name).toBe('ORG_174379_UtilityAccount_All_20261121152330.csv');
    expect(preamble).toEqual([
      ['Account Holder:', 'Duka la Kahawa'],
      ['Short Code:', '174379'],
      ['Account:', 'Utility Account'],
      ['Time Period:', 'From', '21-11-2026 00:00:00', 'To', '21-11-2026 23:59:59'],
      ['Operator:', 'tester1', 'Organization:', 'Duka la Kahawa', 'Date of Report:', '21-11-2026 15:23:30'],
      [
        ...['Opening Balance:', '0.00', 'Closing Balance:', '0.00', 'Available Balance:', ''],
        ...['Total Paid In:', '13330.50', 'Total Withdrawn:', '-13330.50'],
      ],
    ]);
    expect(header.join()).toBe(
      'Receipt No.,Completion Time,Initiation Time,Details,Transaction Status,Paid In,Withdrawn,Balance,Balance Confirmed,Reason Type,Other Party Info,Linked Transaction ID,A/C No.,Currency',
    );
    expect(text.split('\r\n')).toHaveLength(text.split('\n').length);
    expect(text.endsWith('KES\r\n')).toBe(true);
  });

  it('shows every kind newest first, charges on a row of their own above their payment, and a running balance without a break', async () => {
    await using bench = await createBench(OPTIONS);
    const receipt = await trade(bench);
    const { lines, preamble } = await read(bench);
    expect(lines.map((line) => [line.Details, line['Paid In'], line.Withdrawn, line['Reason Type'], line['A/C No.']])).toEqual([
      ['Utility Account to Organization Settlement Account', '', '-6286.50', 'Utility Account to Organization Settlement Account', ''],
      [
        'Business Payment to Customer via Web to 25471****678 - AMINA **** WAFULA',
        '',
        '-10.00',
        'Business Payment to Customer via Web',
        '',
      ],
      ['Pay Utility Reversal by Duka la Kahawa', '', '-2000.00', 'Pay Utility Reversal', ' 0071'],
      ['Business Payment Charge', '', '-9.00', 'Business Payment to Customer via API', ''],
      [
        'Business Payment to Customer via API to 070****564 - CHEBET **** KIOKO',
        '',
        '-5000.00',
        'Business Payment to Customer via API',
        '',
      ],
      [
        ...['Organization To Organization Transfer from 600977 - MFANO SUPPLIES LIMITED Acc. INV-1004', '980.50', ''],
        ...['Organization To Organization Transfer', ' INV-1004'],
      ],
      ['Pay Bill Charge', '', '-5.00', 'Pay Bill Online', ''],
      ['Pay Bill Online from 25471****678 - AMINA **** WAFULA Acc. inv 7, "b"', '350.00', '', 'Pay Bill Online', ' inv 7, "b"'],
      ['Pay Bill Charge', '', '-20.00', 'Pay Utility', ''],
      ['Pay Bill from 25471****678 - AMINA **** WAFULA Acc. 0071', '2000.00', '', 'Pay Utility', ' 0071'],
      ['Deposit of Funds from Bank', '10000.00', '', 'Deposit of Funds from Bank', ''],
    ]);
    const reversal = lines[2];
    expect([reversal?.['Linked Transaction ID'], reversal?.['Other Party Info']]).toEqual([receipt, '25471****678 - AMINA **** WAFULA']);
    for (const [charge, payment] of [
      [3, 4],
      [6, 7],
      [8, 9],
    ]) {
      expect(lines[charge ?? 0]?.['Receipt No.']).toBe(lines[payment ?? 0]?.['Receipt No.']);
      expect(lines[charge ?? 0]?.['Other Party Info']).toBe('SP');
    }
    let balance = cents(preamble[5]?.[1]);
    for (const line of [...lines].reverse()) {
      balance += cents(line['Paid In']) + cents(line.Withdrawn);
      expect(cents(line.Balance)).toBe(balance);
      expect(line['Receipt No.']?.slice(0, 3)).toBe('UKL');
      expect(line['Completion Time']).toMatch(/^21-11-2026 15:\d\d:3[02]$/);
      expect(line['Initiation Time']).toBe(line['Completion Time']?.replace(/2$/, '0'));
      expect([line['Transaction Status'], line['Balance Confirmed'], line.Currency]).toEqual(['Completed', 'true', 'KES']);
    }
    expect(balance).toBe(cents(preamble[5]?.[3]));
    expect(JSON.stringify(lines)).not.toContain(PERSON);
  });

  it('of a till is of its Merchant Account, without any reference', async () => {
    await using bench = await createBench(OPTIONS);
    await trade(bench);
    const { name, preamble, lines } = await read(bench, { shortcode: TILL });
    expect(name).toMatch(/^ORG_5551234_MerchantAccount_All_\d{14}\.csv$/);
    expect(preamble[2]).toEqual(['Account:', 'Merchant Account']);
    expect(
      lines.map((line) => [line.Details, line['Paid In'], line.Withdrawn, line.Balance, line['Reason Type'], line['A/C No.']]),
    ).toEqual([
      ...[
        [
          'Merchant Account to Organization Settlement Account',
          '',
          '-100.00',
          '536.48',
          'Merchant Account to Organization Settlement Account',
          '',
        ],
      ],
      ['Pay merchant Charge', '', '-3.52', '636.48', 'Pay Merchant', ''],
      ['Merchant Payment from 25471****678 - AMINA **** WAFULA', '640.00', '', '640.00', 'Pay Merchant', ''],
    ]);
  });

  it('of a till forgets the reference of an STK push', async () => {
    await using bench = await createBench(OPTIONS);
    const { body } = await bench.push({ TransactionType: 'CustomerBuyGoodsOnline', PartyB: TILL, AccountReference: 'ORDER-77' });
    await bench.control.answer(body.CheckoutRequestID, { pin: '1234' });
    const { text, lines } = await read(bench, { shortcode: TILL });
    expect(lines).toHaveLength(2);
    expect(text).not.toContain('ORDER-77');
  });

  it('joins the one before it, is of whole days in Nairobi, and has a preamble and a header where nothing happened', async () => {
    await using bench = await createBench(OPTIONS);
    const pay = () => bench.control.payBill({ phone: PERSON, amountShillings: 100, account: 'A' });
    await pay();
    await bench.clock.advance(8 * 3_600_000 + 44 * 60_000 + 29_000); // 23:59:59 in Nairobi
    await pay();
    await bench.clock.advance(1_000);
    await pay();
    const first = await read(bench, { to: '2026-11-21' });
    const second = await read(bench, { from: '2026-11-22', to: '2026-11-22' });
    expect([first.lines.length, second.lines.length]).toEqual([2, 1]);
    expect([first.preamble[5]?.[3], second.preamble[5]?.[1], second.preamble[5]?.[3]]).toEqual(['200.00', '200.00', '300.00']);
    expect((await read(bench, { from: '2026-11-21', to: '2026-11-22' })).lines).toHaveLength(3);
    for (const [from, balance] of [
      ['2026-11-20', '0.00'],
      ['2026-11-23', '300.00'],
    ] as const) {
      const quiet = await read(bench, { from, to: from });
      expect(quiet.lines).toEqual([]);
      expect([quiet.preamble[5]?.[1], quiet.preamble[5]?.[3]]).toEqual([balance, balance]);
    }
  });

  it('shows no line for a balance that a test has set, which breaks it as an edited file', async () => {
    await using bench = await createBench();
    await bench.control.payBill({ phone: PERSON, amountShillings: 100, account: 'A' });
    bench.control.setFloat({ shortcode: 174379, utilityShillings: 4_100 });
    await bench.control.payBill({ phone: PERSON, amountShillings: 10, account: 'A' });
    const { lines, preamble } = await read(bench);
    expect(lines.map(({ Balance }) => Balance)).toEqual(['4110.00', '100.00']);
    expect(preamble[5]).toMatchObject({ 1: '0.00', 3: '4110.00', 7: '110.00' });
  });

  it('exists without Currency too (V1a)', async () => {
    await using bench = await createBench();
    await bench.control.payBill({ phone: PERSON, amountShillings: 100, account: 'A' });
    const { header, text } = await read(bench, { layout: 'V1a' });
    expect(header).toHaveLength(13);
    expect(text).toMatch(/,TRUE,Pay Utility,25471\*{4}678 - AMINA \*{4} WAFULA,, A\r\n$/);
  });
});

describe('the newer statement (V2)', () => {
  it('has no preamble, quoted thousands, and each internal leg as a pair on one receipt', async () => {
    await using bench = await createBench(OPTIONS);
    await trade(bench);
    const { name, text, preamble, lines } = await read(bench, { layout: 'V2' });
    expect(name).toBe('Statements for 174379 from 2026-11-21 to 2026-11-21.csv');
    expect(preamble).toEqual([]);
    expect(
      text.startsWith('Receipt No,Completion Time,Details,Transaction Status,Paid In (KSHs),Withdrawn (KSHs),Balance (KSHs)\r\n'),
    ).toBe(true);
    expect(text).toContain(',"10,000.00",0.00,"10,000.00"\r\n');
    expect(lines.slice(0, 4).map((line) => Object.values(line).slice(2))).toEqual([
      ['Agency Withdrawal of funds to Bank', 'Completed', '0.00', '-6,286.50', '0.00'],
      ['Utility Account to Organization Settlement Account', 'Completed', '6,286.50', '0.00', '6,286.50'],
      ['Utility Account to Organization Settlement Account', 'Completed', '0.00', '-6,286.50', '0.00'],
      ['Business Payment to Customer via Web to 2547****678 - AMINA KIPCHUMBA WAFULA', 'Completed', '0.00', '-10.00', '6,286.50'],
    ]);
    expect(lines[1]?.['Receipt No']).toBe(lines[2]?.['Receipt No']);
    expect(lines[0]?.['Completion Time']).toBe('21/11/2026 15:23:30');
  });
});

describe('a statement as a workbook', () => {
  it.each([
    ['xls', 'V1', 'transaction', 'd0cf11e0a1b11ae1'],
    ['xlsx', 'V1', 'transaction', '504b0304'],
    ['xlsx', 'V2', 'Statements', '504b0304'],
  ] as const)('is an .%s (%s) of one sheet, whose amounts are numbers and all else text', async (format, layout, sheet, magic) => {
    await using bench = await createBench(OPTIONS);
    await trade(bench);
    const { name, base64, text } = await bench.control.statement({ format, layout });
    expect([name.endsWith(`.${format}`), text]).toEqual([true, null]);
    const bytes = Buffer.from(base64, 'base64');
    expect(bytes.toString('hex').startsWith(magic)).toBe(true);
    const book = readWorkbook(bytes);
    expect(book.SheetNames).toEqual([sheet]);
    const rows = utils.sheet_to_json<(string | number)[]>(book.Sheets[sheet] ?? {}, { header: 1, defval: '', blankrows: true });
    const { text: csv } = await bench.control.statement({ layout });
    const written = (parse(csv ?? '', { relax_column_count: true }) as string[][]).map((row) =>
      row.map((cell) => cell.replaceAll(',', '')),
    );
    const width = Math.max(...written.map((row) => row.length));
    const padded = (row: string[]) => [...row, ...Array(width - row.length).fill('')];
    const shown = (cell: string | number) => (typeof cell === 'number' ? cell.toFixed(2) : cell.replaceAll(',', ''));
    expect(rows.map((row) => padded(row.map(shown)))).toEqual(written.map(padded));
    const at = rows.findIndex(([first]) => String(first).startsWith('Receipt No'));
    const paidIn = (rows[at] ?? []).findIndex((column) => String(column).startsWith('Paid In'));
    expect(rows.at(-1)?.[paidIn]).toBe(10_000);
    expect(typeof rows.at(-1)?.[1]).toBe('string');
  });
});

describe('a statement over HTTP', () => {
  it('comes from the control API, and as a download from the front page', async () => {
    await using bench = await createBench(OPTIONS);
    await trade(bench);
    const order = { shortcode: 174379, account: 'settlement', from: '2026-11-21', to: '2026-11-21' } as const;
    expect((await bench.post('/simulator/statements', order)).body).toEqual(await bench.control.statement(order));
    expect((await bench.send('/')).text).toMatch(/<form action="\/statement" method="get">[\s\S]*<option>5551234<\/option>/);
    const response = await fetch(`${bench.simulator.url}/statement?shortcode=174379&account=settlement&from=2026-11-21&to=&layout=V1`);
    expect(response.headers.get('content-disposition')).toMatch(
      /^attachment; filename="ORG_174379_OrganizationSettlementAccount_All_\d{14}\.csv"$/,
    );
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(await response.text()).toBe((await bench.control.statement(order)).text);
  });

  it.each([
    [{ shortcode: '1' }, 404, 'front page'],
    [{ from: '21-11-2026' }, 400, 'at from'],
    [{ from: '2026-11-22', to: '2026-11-21' }, 400, 'no later than'],
    [{ account: 'savings' }, 400, 'at account'],
  ])('says what to change: %j', async (order, status, change) => {
    await using bench = await createBench();
    expect(await bench.post('/simulator/statements', order)).toMatchObject({ status, body: { change: expect.stringContaining(change) } });
    const query = new URLSearchParams(order as Record<string, string>);
    expect(await bench.send(`/statement?${query}`)).toMatchObject({ status, text: expect.stringContaining(change) });
  });
});

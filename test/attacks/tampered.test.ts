import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decrypt, lookupHash } from '#ground/db/encryption.ts';
import { scaled } from '../world/counts.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { tampered } from './tampered-body.ts';
import { type WaitingPrompt, waitingPrompt } from './waiting-prompt.ts';

const CASES = scaled(300); // full run: 100,000
const JUNK = scaled(100); // full run: 20,000

let world: World;
let usedReceipt: string;
beforeAll(async () => {
  world = await startWorld({ environment: { PROMPTS_PER_DAY: '1000000' } });
  const { path, paidBody, receipt } = await waitingPrompt(world);
  await world.send('POST', path, { body: paidBody });
  usedReceipt = receipt;
});
afterAll(() => world.stop());

/** What a callback left behind: the evidence, opened again, and all the money that was ever booked for its attempt. */
async function left({ attemptId }: WaitingPrompt, body: string) {
  const [row] = await world.database.sql<{ body: string | null; verdict: string | null; booked: string }>(
    `select e.body, e.verdict,
       (select coalesce(sum(t.amount_cents), 0) from transfers t join deposits d on d.id::text = t.source_id where d.attempt_id = $1 and t.kind = 'mpesa_in') as booked
     from (select) as always left join evidence e on e.subject_id = $1 and e.body_hash = $2`,
    [attemptId, lookupHash(body)],
  );
  return { kept: row?.body ? decrypt(row.body, 'body') : null, verdict: row?.verdict, booked: Number(row?.booked) };
}

test(
  'money is credited exactly when amount, phone, receipt, checkout id and result all equal what was asked; all else is kept and books nothing',
  async () => {
    let waiting = await waitingPrompt(world);
    let credited = 0;
    const seen = new Set<string>();
    const property = fc.asyncProperty(fc.gen(), async (draw) => {
      const { receipt, prompt } = waiting;
      const { body, agrees } = draw(tampered, { ...prompt, receipt, usedReceipt });
      const response = await world.send('POST', waiting.path, { body });
      expect(response.status).toBe(200);
      const { kept, verdict, booked } = await left(waiting, body);
      seen.add(String(verdict));
      expect({ kept, booked, verdict }).toEqual({ kept: body, booked: agrees ? prompt.amountShillings * 100 : 0, verdict });
      if (!agrees) return;
      credited += 1;
      waiting = await waitingPrompt(world);
    });
    await fc.assert(property, { numRuns: CASES, seed: 11, endOnFailure: true });
    expect(credited).toBeGreaterThan(CASES / 20);
    expect([...seen]).toEqual(
      expect.arrayContaining(['pays', 'unclear', 'amount_differs', 'phone_differs', 'other_checkout', 'receipt_used']),
    );
    expect(await booksBalance(world)).toMatchObject({ floatCents: BigInt(credited + 1) * 125_000n, clearingCents: 0n });
  },
  60_000 * Math.max(1, CASES / 300),
);

test(
  'whatever else is posted to the right address is kept word for word, answered 200 and believed in nothing',
  async () => {
    const waiting = await waitingPrompt(world);
    const junk = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.json({ maxDepth: 6 }),
      fc.constantFrom(
        '',
        'null',
        '0',
        '[]',
        '{}',
        '\ufeff{}',
        '{"Body":null}',
        '{"Body":{"stkCallback":null}}',
        '<html>It works!</html>',
        'Body=1&stkCallback=2',
        '\0',
      ),
    );
    const property = fc.asyncProperty(junk, async (text) => {
      const body = Buffer.from(text).toString(); // what arrives is UTF-8
      expect((await world.send('POST', waiting.path, { body })).status).toBe(200);
      expect(await left(waiting, body)).toEqual({ kept: body, verdict: 'unclear', booked: 0 });
    });
    await fc.assert(property, { numRuns: JUNK, seed: 12 });
  },
  60_000 * Math.max(1, JUNK / 100),
);

import { expect } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import type { Settled } from './ground.ts';

/**
 * The float is what M-PESA moved, to the cent, all of it proved, and nothing waits; each of M-PESA's receipts is here once and no other; whatever was acknowledged is kept.
 * Prints what was lived through.
 */
export async function expectWhole({ platform, database, control, app, began, clock }: Settled): Promise<void> {
  const truth = control.truth();
  const moved = BigInt(truth.receivedCents) - BigInt(truth.sentCents);
  const { paybill_float: floatCents = 0n, paybill_told: toldCents = 0n, clearing: clearingCents = 0n } = await balances(app.db);
  const open = await database.sql('select kind, count(*)::int as n from reviews where closed_at is null group by kind order by kind');
  const prompts = control.prompts();
  console.log(
    JSON.stringify({
      ...{ seconds: Math.round((performance.now() - began) / 1_000), until: clock.now(), kills: platform.killed() },
      ...{
        prompts: prompts.length,
        paidPrompts: prompts.filter(({ outcome }) => outcome === 'paid').length,
        movements: truth.transactions.length,
      },
      ...{ movedShillings: Number(moved) / 100, told: truth.callbacksDelivered, acknowledged: platform.acknowledged.length, open },
    }),
  );
  expect({ floatCents, toldCents, clearingCents }).toEqual({ floatCents: moved, toldCents: 0n, clearingCents: 0n });

  const receipts = await database.sql<{ receipt: string }>('select receipt from deposits where receipt is not null order by receipt');
  expect(receipts.map(({ receipt }) => receipt)).toEqual(truth.transactions.map(({ receipt }) => receipt).sort());

  const told = platform.acknowledged.filter(({ route }) => /^\/api\/callbacks\/(stk|c2b)\//.test(route) && !route.endsWith('/validation'));
  const kept = await database.sql<{ body_hash: string }>('select body_hash from evidence');
  const hashes = new Set(kept.map(({ body_hash }) => body_hash));
  expect(told.length).toBeGreaterThan(0);
  expect(told.filter(({ body }) => !hashes.has(lookupHash(body)))).toEqual([]);
}

import { expect, test } from 'vitest';
import { lookupHash } from '../../src/db/encryption.ts';
import { balances } from '../../src/ledger/balance.ts';
import { scaled } from '../world/counts.ts';
import { prepareGround } from './ground.ts';
import { raise, rest } from './storm.ts';

// MALIPO_TEST_SCALE=10 is the full count: 600 payments, 40 kills of the functions, 5 of PostgreSQL.
const PAYMENTS = scaled(60);
const KILLS = scaled(4);
const DATABASE_KILLS = Math.max(1, Math.floor(scaled(1) / 2));

test(`${PAYMENTS} payments, ${KILLS} kills of the functions and ${DATABASE_KILLS} of PostgreSQL: two days later, with the pull on, the float is what Safaricom moved`, async () => {
  await using ground = await prepareGround({ pull: true, seed: 20261121 });
  const { platform, database, control, app } = ground;
  const began = performance.now();
  await raise(ground, { payments: PAYMENTS, kills: KILLS, databaseKills: DATABASE_KILLS, seed: 7 });
  const raised = performance.now();
  await rest(ground);
  const seconds = [raised - began, performance.now() - raised].map((ms) => Math.round(ms / 1_000));

  const truth = control.truth();
  const moved = BigInt(truth.receivedCents) - BigInt(truth.sentCents);
  const { paybill_float: floatCents = 0n, paybill_told: toldCents = 0n, clearing: clearingCents = 0n } = await balances(app.db);
  const open = await database.sql('select kind, count(*)::int as n from reviews where closed_at is null group by kind order by kind');
  const asked = control.prompts().filter(({ outcome }) => outcome === 'paid').length;
  console.log(
    JSON.stringify({
      ...{ seconds, kills: platform.killed(), paidPrompts: asked, movements: truth.transactions.length, movedShillings: Number(moved) / 100 },
      ...{ acknowledged: platform.acknowledged.length, told: truth.callbacksDelivered, open },
    }),
  );
  expect({ floatCents, toldCents, clearingCents, open }).toEqual({ floatCents: moved, toldCents: 0n, clearingCents: 0n, open });

  // no receipt twice, none that Safaricom does not know, none of Safaricom's that is missing
  const receipts = await database.sql<{ receipt: string }>('select receipt from deposits where receipt is not null order by receipt');
  expect(receipts.map(({ receipt }) => receipt)).toEqual(truth.transactions.map(({ receipt }) => receipt).sort());

  // whatever was acknowledged is kept
  const told = platform.acknowledged.filter(({ route }) => /^\/api\/callbacks\/(stk|c2b)\//.test(route) && !route.endsWith('/validation'));
  const kept = await database.sql<{ body_hash: string }>('select body_hash from evidence');
  const hashes = new Set(kept.map(({ body_hash }) => body_hash));
  expect(told.filter(({ body }) => !hashes.has(lookupHash(body)))).toEqual([]);
  expect(told.length).toBeGreaterThan(PAYMENTS / 2);
}, 3_600_000);

import { test } from 'vitest';
import { scaled } from '../world/counts.ts';
import { expectWhole } from './expect-whole.ts';
import { prepareGround } from './ground.ts';
import { raise, rest } from './storm.ts';

// MALIPO_TEST_SCALE=10 is the full count: 600 payments, 40 kills of the functions, 5 of PostgreSQL.
const PAYMENTS = scaled(60);
const KILLS = scaled(4);
const DATABASE_KILLS = Math.max(1, Math.floor(scaled(1) / 2));

test(`${PAYMENTS} payments, ${KILLS} kills of the functions and ${DATABASE_KILLS} of PostgreSQL: two days later, with the pull on, the float is what Safaricom moved`, async () => {
  await using ground = await prepareGround({ pull: true, seed: 20261121 });
  await raise(ground, { payments: PAYMENTS, kills: KILLS, databaseKills: DATABASE_KILLS, seed: 7 });
  await rest(ground);
  await expectWhole(ground);
}, 3_600_000);

import { test } from 'vitest';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { scaled } from '../world/counts.ts';
import { expectWhole } from './expect-whole.ts';
import { prepareGround } from './ground.ts';
import { importStatement } from './import-statement.ts';
import { raise, rest } from './storm.ts';

// MALIPO_TEST_SCALE=10 is the full count, as in chaos.test.ts.
const PAYMENTS = scaled(60);
const KILLS = scaled(4);
const DATABASE_KILLS = Math.max(1, Math.floor(scaled(1) / 2));

test(`${PAYMENTS} payments, ${KILLS} kills of the functions and ${DATABASE_KILLS} of PostgreSQL: without the pull, one statement makes the float what Safaricom moved`, async () => {
  await using ground = await prepareGround({ pull: false, seed: 20261122 });
  const first = nairobiDay(ground.clock.now());
  await raise(ground, { payments: PAYMENTS, kills: KILLS, databaseKills: DATABASE_KILLS, seed: 8 });
  await rest(ground);
  await importStatement(ground, first, nairobiDay(ground.clock.now()));
  await expectWhole(ground);
}, 3_600_000);

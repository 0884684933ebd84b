import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../src/db/columns.ts';
import { gatherEarlier } from '../../src/paybill/gather-earlier.ts';
import { gatherPayouts } from '../../src/payouts/gather-payouts.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const book = (kind: string, id: string, debit: string, credit: string, cents: number) =>
  world.database.sql(
    'insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at) values ($1, $2, $3, 1, $4, $5, $6, $7)',
    [newId(), kind, id, debit, credit, cents, world.clock.now()],
  );

test('what an earlier release paid out leaves the float of its short code, and nothing stays on the account without one', async () => {
  const [deposit, payout, withdrawal] = [newId(), newId(), newId()];
  const at = world.clock.now();
  await world.database.sql(
    "insert into deposits (id, source, amount_cents, receipt, confirmed_at, settled_at, allocation_due_at) values ($1, 'c2b', 50000, 'UKL0000001', $2, $2, $2)",
    [deposit, at],
  );
  await book('mpesa_in', deposit, 'paybill_float', 'clearing', 50_000);
  await world.database.sql(
    `insert into payouts (id, reference, kind, source_account, amount_cents, parts_cents, state, caller, requested_by, requested_at)
     values ($1, 'PO-EARLIER1', 'payment', 'expenses', 10000, '{10000}', 'paid', 'test', 'test', $2)`,
    [payout, at],
  );
  await world.database.sql(
    `insert into withdrawals (id, payout_id, part, amount_cents, state, receipt, dispatched_at, settled_at) values ($1, $2, 1, 10000, 'paid', 'UKL0000002', $3, $3)`,
    [withdrawal, payout, at],
  );
  await book('payout_reserved', payout, 'expenses', 'payout_reserve', 10_000);
  await book('payout_paid', withdrawal, 'payout_reserve', 'paybill_float', 10_000);
  await world.database.sql(
    "insert into float_watches (shortcode, opened_at, opening_cents, anchor_at, anchor_cents, seen_at, looked_at) values ('174379', $1, 40000, $1, 40000, $1, $1)",
    [at],
  );
  while ((await gatherEarlier(world.app)).gathered > 0);
  expect(await gatherPayouts(world.app)).toEqual({ gathered: 1 });
  expect(await gatherPayouts(world.app)).toEqual({ gathered: 0 });
  const [without] = await world.database.sql(
    "select sum(case debit_account when 'paybill_float' then amount_cents else -amount_cents end)::int as cents from transfers where 'paybill_float' in (debit_account, credit_account)",
  );
  expect(without).toEqual({ cents: 0 });
  // all that the first balance held was in the books
  expect(await world.database.sql('select opening_cents::int as cents from float_watches')).toEqual([{ cents: 0 }]);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';
import { checkReferences } from '#mpesa/payouts/check-references.ts';
import { push } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const checkAt = (hour: number, daysAhead = 0) => {
  const today = nairobiDay(new Date(world.clock.now().getTime() + daysAhead * 86_400_000));
  return checkReferences({ db: world.app.db, clock: { now: () => nairobiMoment(today, hour) } });
};

test.each([
  ['counted_deposit_id', 3],
  ['latest_attempt_id', 4],
])('a payment whose %s names no row is a task in the night, once', async (column, daysAhead) => {
  const { paymentId } = await push(world);
  expect(await checkAt(3, daysAhead - 2)).toEqual({ missing: 0 });
  await world.database.sql(`update payments set ${column} = gen_random_uuid() where id = $1`, [paymentId]);
  expect(await checkAt(1, daysAhead)).toEqual({ missing: 0 }); // not yet night
  expect(await checkAt(3, daysAhead)).toEqual({ missing: 1 });
  expect(await checkAt(4, daysAhead)).toEqual({ missing: 0 }); // done for the day
  expect(await world.database.sql('select kind from reviews where subject = $1 and closed_at is null', [paymentId])).toEqual([
    { kind: 'payment_reference_missing' },
  ]);
  await world.database.sql(`update payments set ${column} = null where id = $1`, [paymentId]);
});

test('a refund whose payment is not there is one too', async () => {
  await checkAt(3, 6);
  await world.database.sql(
    `insert into payouts (id, reference, kind, payment_id, source_account, amount_cents, parts_cents, state, caller, requested_by, requested_at)
    values ($1, 'R-1', 'refund', gen_random_uuid(), 'refunds', 100, '{100}', 'requested', 'x', 'x', now())`,
    [newId()],
  );
  expect(await checkAt(3, 7)).toEqual({ missing: 1 });
});

test('an old payment that is paid today, and names a deposit that is not there, is one when its turn comes', async () => {
  const { paymentId } = await push(world);
  for (const daysAhead of [60, 70, 80]) expect(await checkAt(3, daysAhead)).toEqual({ missing: expect.any(Number) });
  await world.database.sql('update payments set counted_deposit_id = gen_random_uuid() where id = $1', [paymentId]);
  expect(await checkAt(3, 81)).toEqual({ missing: 1 });
});

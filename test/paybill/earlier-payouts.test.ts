import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { gatherEarlier } from '#mpesa/paybill/gather-earlier.ts';
import { gatherPayouts } from '#mpesa/payouts/gather-payouts.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_B2C_SHORTCODE: '600999' } });
});
afterAll(() => world.stop());

const book = (kind: string, id: string, debit: string, credit: string, cents: number) =>
  world.database.sql(
    'insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at) values ($1, $2, $3, 1, $4, $5, $6, $7)',
    [newId(), kind, id, debit, credit, cents, world.clock.now()],
  );

async function paidOut(what: 'payment' | 'reversal', { cents, from, late = false }: { cents: number; from: string; late?: boolean }) {
  const [payout, withdrawal] = [newId(), newId()];
  const at = world.clock.now();
  await world.database.sql(
    `insert into payouts (id, reference, kind, source_account, amount_cents, parts_cents, state, caller, requested_by, requested_at)
     values ($1, $2, $3, 'expenses', $4::bigint, array[$4::bigint], 'paid', 'test', 'test', $5)`,
    [payout, `PO-${payout.slice(-8)}`, what, cents, at],
  );
  await world.database.sql(
    `insert into withdrawals (id, payout_id, part, amount_cents, state, receipt, dispatched_at, settled_at) values ($1, $2, 1, $3, 'paid', $4, $5, $5)`,
    [withdrawal, payout, cents, `UKL${withdrawal.slice(-7)}`.toUpperCase(), at],
  );
  await book('payout_reserve', payout, 'expenses', 'payout_reserve', cents);
  await book(late ? 'payout_late' : 'payout_paid', withdrawal, late ? 'expenses' : 'payout_reserve', from, cents);
}

async function came(receipt: string, cents: number) {
  const id = newId();
  await world.database.sql(
    "insert into deposits (id, source, amount_cents, receipt, confirmed_at, settled_at, allocation_due_at) values ($1, 'c2b', $2, $3, $4, $4, $4)",
    [id, cents, receipt, world.clock.now()],
  );
  await book('mpesa_in', id, 'paybill_float', 'clearing', cents);
}

const held = async () =>
  Object.fromEntries(
    (
      await world.database.sql<{ account: string; cents: string }>(
        `select account, sum(cents)::text as cents from (select debit_account as account, amount_cents as cents from transfers union all select credit_account, -amount_cents from transfers) t
         where account like 'paybill_float%' group by 1`,
      )
    ).map(({ account, cents }) => [account, Number(cents)]),
  );

test('what an earlier release paid out leaves the float of its short code, once, and nothing stays on the account without one', async () => {
  await came('UKL0000001', 50_000); // nothing but a notice told of it
  await paidOut('payment', { cents: 10_000, from: 'paybill_float' });
  await paidOut('payment', { cents: 3_000, from: 'paybill_float', late: true });
  await paidOut('reversal', { cents: 2_000, from: 'paybill_float' });
  await world.database.sql("select own_account_1('paybill_float', '600999')");
  await paidOut('payment', { cents: 700, from: 'paybill_float:600999' }); // this release's own
  // what the first balances of both held was in the books, on the account without a short code
  await world.database.sql(
    `insert into float_watches (shortcode, opened_at, opening_cents, anchor_at, anchor_cents, seen_at, looked_at)
     select shortcode, $1::timestamptz, cents, $1::timestamptz, cents, $1::timestamptz, $1::timestamptz from (values ('174379', 48000), ('600999', -13000)) x (shortcode, cents)`,
    [world.clock.now()],
  );
  while ((await gatherEarlier(world.app)).gathered > 0);
  expect(await gatherPayouts(world.app)).toEqual({ gathered: 3 });
  expect(await held()).toEqual({ paybill_float: 0, 'paybill_float:174379': -2_000, 'paybill_float:600999': -13_700 });
  expect(await world.database.sql('select opening_cents::int as cents from float_watches')).toEqual([{ cents: 0 }, { cents: 0 }]);
  await came('UKL0000003', 400); // the running release has booked once more
  expect(await gatherPayouts(world.app)).toEqual({ gathered: 0 });
  while ((await gatherEarlier(world.app)).gathered > 0);
  expect(await held()).toEqual({ paybill_float: 0, 'paybill_float:174379': -2_000, 'paybill_float:600999': -13_700 });
});

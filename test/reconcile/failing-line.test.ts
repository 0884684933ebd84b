import { afterAll, beforeAll, expect, test } from 'vitest';
import { workStatements } from '#mpesa/reconcile/work-statements.ts';
import { newReceipt, openTasks, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, imported, importedAndSigned } from './importing.ts';
import { paid, portalFile } from './portal-file.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
});
afterAll(() => world.stop());

test('a line that cannot be settled keeps none of the others, and is kept for a person until a later statement settles it', async () => {
  world.simulator.control.plan({ api: 'c2b', next: 5, lost: true });
  const receipts: string[] = [];
  for (const amountShillings of [101, 102, 103, 104, 105]) {
    const paid = await world.simulator.control.payBill({ phone: newPhone(), amountShillings, account: 'SHAMBA' });
    receipts.push('receipt' in paid ? paid.receipt : '');
    await world.clock.advance(60_000);
  }
  const booked = async () => {
    const rows = await world.database.sql<{ receipt: string }>(
      'select receipt from deposits where receipt_proved_at is not null order by amount_cents',
    );
    return rows.map(({ receipt }) => receipt);
  };
  await world.database.sql(
    "create function raise_on_purpose() returns trigger language plpgsql as $$ begin raise exception 'on purpose'; end $$",
  );
  await world.database.sql(
    `create trigger raises before insert on deposits for each row when (new.receipt = '${receipts[2]}') execute function raise_on_purpose()`,
  );
  const { bytes, name } = await exported(world, { format: 'csv' });
  expect(await importedAndSigned(world, bytes, name)).toMatchObject({ state: 'done' });
  expect(await booked()).toEqual(receipts.filter((receipt) => receipt !== receipts[2]));
  expect(await world.database.sql("select subject from reviews where kind = 'statement_line_failed' and closed_at is null")).toEqual([
    { subject: receipts[2] },
  ]);
  await world.database.sql('drop function raise_on_purpose cascade');
  await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 106, account: 'SHAMBA' });
  await world.pass(6);
  const later = await exported(world, { format: 'csv' });
  expect(await importedAndSigned(world, later.bytes, later.name)).toMatchObject({ state: 'done' });
  expect(await booked()).toContain(receipts[2]);
  expect(await openTasks(world)).not.toHaveProperty('statement_line_failed');
});

test('a statement that takes all the time and fails, whenever it is worked on, does not keep a later one from its end; nor does a payout that cannot be settled', async () => {
  const { app, clock } = world;
  const ids: string[] = [];
  for (const shillings of [201, 202]) {
    await clock.advance(24 * 3_600_000);
    const file = portalFile('174379', clock.now(), clock.now(), 0, [paid(newReceipt(clock.now()), clock.now(), shillings, 'SHAMBA')]);
    ids.push((await imported(world, file, `${shillings}.csv`)).statementId);
  }
  await world.database.sql("update statements set state = 'signed', done = 0, decided_by = 'another', decided_at = $2 where id = any($1)", [
    ids,
    clock.now().toISOString(),
  ]);
  const query: typeof app.db.query = async (text, params) => {
    if (text.includes('settle_unresolved_3')) throw new Error('on purpose');
    if (text.includes('settle_reversed_2') && params[0] === ids[0]) {
      await clock.advance(14_000);
      throw new Error('The operation was aborted due to timeout');
    }
    return app.db.query(text, params);
  };
  const db = new Proxy(app.db, { get: (of, name) => (name === 'query' ? query : Reflect.get(of, name)) });
  for (let minute = 0; minute < 2; minute++) {
    await workStatements({ ...app, db }, new Date(clock.now().getTime() + 14_000)).catch(() => undefined);
    await clock.advance(60_000);
  }
  const rows = await world.database.sql('select state from statements where id = any($1) order by id', [ids]);
  expect(rows).toEqual([{ state: 'signed' }, { state: 'done' }]);
});

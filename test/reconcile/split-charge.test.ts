import { afterEach, beforeEach, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { openScene } from '../attacks/money/scene.ts';
import { type Stage, startStage } from '../proof/stage.ts';
import { signedIn } from '../world/person.ts';
import { importedAndSigned } from './importing.ts';
import { type Line, paid, portalFile, reversed } from './portal-file.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await startStage();
});
afterEach(() => stage.stop());

const charge = (receipt: string, at: Date, shillings: number): Line => ({
  receipt,
  at,
  shillings,
  out: true,
  details: 'Pay Bill Charge',
  reason: 'Pay Bill Online',
  party: 'SP',
});

test('charges that M-PESA takes in lines of their own under one receipt are booked whole, once: the running balance says that all of them left', async () => {
  const scene = await openScene(stage);
  const at = stage.world.clock.now();
  const receipt = scene.receipt();
  const lines = [paid(receipt, at, 5_000, 'SHAMBA'), charge(receipt, at, 40), charge(receipt, at, 6), charge(receipt, at, 6)];
  await importedAndSigned(stage.world, portalFile(stage.shortcode, at, at, 0, lines), 'first.csv');
  const later = [...lines, paid(scene.receipt(), new Date(at.getTime() + 1_000), 100, 'SHAMBA')];
  await importedAndSigned(stage.world, portalFile(stage.shortcode, at, at, 0, later), 'more.csv');
  await scene.minutes(1);
  const { mpesa_charges, paybill_float } = await balances(stage.world.app.db);
  expect({ mpesa_charges, paybill_float }).toEqual({ mpesa_charges: 5_200n, paybill_float: 504_800n });
});

test('two parts of a payment that were returned under one receipt have both left', async () => {
  const scene = await openScene(stage);
  const at = new Date(stage.world.clock.now().getTime() + 2_000);
  const [receipt, back] = [scene.receipt(), scene.receipt()];
  await scene.told(receipt, 900, 'SHAMBA');
  const lines = [paid(receipt, at, 900, 'SHAMBA'), reversed(back, at, 300, receipt), reversed(back, at, 200, receipt)];
  await stage.world.clock.advance(60_000);
  await importedAndSigned(stage.world, portalFile(stage.shortcode, at, at, 0, lines), 'parts.csv');
  await scene.minutes(1);
  expect(await scene.grown()).toMatchObject({ paybill_float: 400, receivables: 500 });
});

test('a charge whose entry cannot be taken keeps nothing else: it alone is passed over', async () => {
  const scene = await openScene(stage);
  const { world } = stage;
  const at = world.clock.now();
  const [payment, raises, other] = [scene.receipt(), scene.receipt(), scene.receipt()];
  const asked = await world.send('POST', '/api/float-entries', {
    body: { kind: 'charge', amount: 40, on: nairobiDay(at), note: 'By the portal' },
    headers: await signedIn(world, 'treasurer'),
  });
  expect(asked.status).toBe(201);
  await world.database.sql(
    "create function raise_on_purpose() returns trigger language plpgsql as $$ begin raise exception 'on purpose'; end $$",
  );
  await world.database.sql(
    `create trigger raises before insert on float_entry_lines for each row when (new.receipt = '${raises}') execute function raise_on_purpose()`,
  );
  const lines = [paid(payment, at, 5_000, 'SHAMBA'), charge(raises, at, 40), charge(other, at, 6)];
  expect(await importedAndSigned(world, portalFile(stage.shortcode, at, at, 0, lines))).toMatchObject({ state: 'done' });
  const failed = await world.database.sql("select subject from reviews where kind = 'statement_line_failed' and closed_at is null");
  expect(failed).toEqual([{ subject: raises }]);
  expect(await scene.grown()).toMatchObject({ paybill_float: 4_994, mpesa_charges: 6 });
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { balances } from '../../src/ledger/balance.ts';
import { openScene } from '../attacks/money/scene.ts';
import { type Stage, startStage } from '../proof/stage.ts';
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

test('two parts of a payment that were given back under one receipt have both left', async () => {
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

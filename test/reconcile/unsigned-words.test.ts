import { afterEach, beforeEach, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { listByPull, openScene } from '../attacks/money/scene.ts';
import { type Stage, startStage } from '../proof/stage.ts';
import { imported, importedAndSigned } from './importing.ts';
import { paid, portalFile } from './portal-file.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await startStage();
});
afterEach(() => stage.stop());

test.each([false, true])(
  'what one person has uploaded (%s) and nobody has signed keeps no top-up from being the organisation’s',
  async (uploaded) => {
    const scene = await openScene(stage);
    const at = stage.world.clock.now();
    const receipt = scene.receipt();
    // one person's word: the top-up as a customer's payment. Nobody signs it
    if (uploaded) {
      const alone = await imported(stage.world, portalFile(stage.shortcode, at, at, 0, [paid(receipt, at, 6_000, 'SHAMBA')]), 'alone.csv');
      expect(alone.state).toBe('matched');
    }
    await listByPull(stage, { receipt, shillings: 6_000, typed: 'SHAMBA', at });
    const topUp = {
      receipt,
      at,
      shillings: 6_000,
      details: 'Organization Settlement Account to Utility Account',
      reason: 'Organization Settlement Account to Utility Account',
    };
    await importedAndSigned(stage.world, portalFile(stage.shortcode, at, at, 0, [topUp]), 'signed.csv');
    await scene.minutes(2);
    const { paybill_float, suspense, bank_clearing } = await balances(stage.world.app.db);
    expect({ paybill_float, suspense, bank_clearing }).toEqual({ paybill_float: 600_000n, suspense: 0n, bank_clearing: -600_000n });
  },
);

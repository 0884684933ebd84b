import { afterAll, beforeAll, expect, test } from 'vitest';
import { noticeBody } from '../../proof/bodies.ts';
import { post, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones, show } from '../../proof/world-of-money.ts';
import { imported, signOff } from '../../reconcile/importing.ts';
import { paid, portalFile } from '../../reconcile/portal-file.ts';
import { signedIn } from '../../world/person.ts';
import { openScene } from './scene.ts';

const OTHER = '600981';
let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ further: OTHER });
});
afterAll(() => stage.stop());

const accounts = () =>
  stage.world.database.sql<{ account: string; shillings: number }>(
    `select account, sum(cents)::int / 100 as shillings from (select debit_account as account, amount_cents as cents from transfers union all select credit_account, -amount_cents from transfers) x
     where account like 'paybill_%' group by account having sum(cents) <> 0 order by account`,
  );

/** Somebody tells the receipt of a prompt as paid to another short code of ours. */
async function toldElsewhere(shillings: number) {
  const scene = await openScene(stage);
  const owed = await scene.owe(shillings, newPhones().other);
  const [receipt, at] = [scene.receipt(), stage.world.clock.now()];
  const lie = noticeBody({ receipt, shillings, reference: 'HELLO', at, msisdn: show(owed.phone, 'masked'), shortcode: OTHER });
  await post(stage, 'c2b-confirmation', stage.confirmationPath, lie);
  return { scene, shillings, owed, receipt, at };
}

test("a prompt's payer tells its receipt as paid to another short code of ours before the callback comes: the money is where the prompt asked for it", async () => {
  const { scene, shillings, owed, receipt, at } = await toldElsewhere(1_310);
  await stage.world.clock.advance(20_000);
  await scene.calledBack(owed, receipt, shillings);
  expect(await scene.payment(owed)).toMatchObject({ status: 'paid' });
  expect.soft(await accounts()).toEqual([{ account: `paybill_float:${stage.shortcode}`, shillings }]);
  // and the statement of the short code that it came to can be signed off
  await scene.minutes(2);
  const { statementId, state } = await imported(
    stage.world,
    portalFile(stage.shortcode, at, at, 0, [paid(receipt, at, shillings, 'HELLO')]),
  );
  expect(state).toBe('matched');
  const signed = await signOff(stage.world, statementId, await signedIn(stage.world, 'treasurer'));
  expect([signed.status, await signed.text()]).toEqual([200, expect.any(String)]);
});

test.each(['after a query had called it paid', 'whose payer cannot be read'])('the same where the callback comes %s', async (how) => {
  const before = await accounts();
  const { scene, shillings, owed, receipt } = await toldElsewhere(1_400 + how.length);
  if (how.startsWith('after')) {
    scene.queried(owed);
    await scene.minutes(1);
  }
  await scene.calledBack(owed, receipt, shillings, how.startsWith('after') ? Number(owed.phone) : null);
  scene.queried(owed);
  await scene.minutes(2);
  expect(await scene.payment(owed)).toMatchObject({ status: 'paid' });
  expect(await accounts()).toEqual([{ ...before[0], shillings: Number(before[0]?.shillings) + shillings }]);
});

test('the same where it was refuted and taken back before a status answer proves it', async () => {
  const before = await accounts();
  const { scene, shillings, receipt } = await toldElsewhere(1_500);
  await scene.minutes(1);
  await scene.refute(receipt);
  expect(await scene.takeBack(receipt)).toBe(200);
  const [{ id } = { id: '' }] = await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  const status = 'select settle_deposit_status_2($1, $2, $2, $3, $4, $5, $6, null, null, null, $7, $8, $8)';
  const now = stage.world.clock.now().toISOString();
  await stage.world.database.sql(status, [id, 'answer', 'completed', receipt, shillings * 100, stage.shortcode, '001', now]);
  expect(await accounts()).toEqual([{ ...before[0], shillings: Number(before[0]?.shillings) + shillings }]);
});

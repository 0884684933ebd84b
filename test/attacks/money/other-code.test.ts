import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { noticeBody } from '../../proof/bodies.ts';
import { post, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones, show } from '../../proof/world-of-money.ts';
import { imported, signOff } from '../../reconcile/importing.ts';
import { paid, portalFile } from '../../reconcile/portal-file.ts';
import { makeMember } from '../../world/lending.ts';
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
  const status = 'select settle_deposit_status_3($1, $2, $2, $3, $4, $5, $6, null, null, null, $7, $8, $8)';
  const now = stage.world.clock.now().toISOString();
  await stage.world.database.sql(status, [id, 'answer', 'completed', receipt, shillings * 100, stage.shortcode, '001', now]);
  expect(await accounts()).toEqual([{ ...before[0], shillings: Number(before[0]?.shillings) + shillings }]);
});

test('the same where it had paid into an account, and the success of its prompt had another receipt by its number alone', async () => {
  const [before, scene, shillings, phone] = [await accounts(), await openScene(stage), 1_600, newPhones().other];
  const { savingsReference } = await makeMember(stage.world);
  const asked = await stage.world.send('POST', '/api/payments/stk-push', {
    body: { phoneNumber: phone, type: 'DEPOSIT', subject: savingsReference, amount: shillings },
    ip: '10.77.0.2',
  });
  const { paymentId, reference } = (await asked.json()) as { paymentId: string; reference: string };
  const [row] = await stage.world.database.sql<{ id: string }>('select latest_attempt_id as id from payments where id = $1', [paymentId]);
  const checkoutRequestId = stage.safaricom.prompts.find((prompt) => prompt.reference === reference)?.checkoutRequestId ?? '';
  const callbackPath = `/api/callbacks/stk/${makeCallbackToken(stage.world.app.config.callback.tokenKeys, 'stk', row?.id ?? '')}`;
  const owed = { paymentId, reference, attemptId: row?.id ?? '', checkoutRequestId, callbackPath, phone };
  const [receipt, guessed, at] = [scene.receipt(), scene.receipt(), stage.world.clock.now()];
  await scene.minutes(6); // too late for an echo
  const told = { receipt, shillings, reference, at: stage.world.clock.now(), msisdn: show(phone, 'masked'), shortcode: OTHER };
  await post(stage, 'c2b-confirmation', stage.confirmationPath, noticeBody(told));
  scene.queried(owed);
  await scene.minutes(10);
  await scene.told(guessed, shillings, '', phone, 'masked', at);
  await scene.minutes(1);
  await scene.calledBack(owed, receipt, shillings);
  await scene.minutes(5);
  expect(await scene.deposits(shillings)).toMatchObject([
    { receipt, tied_by: 'callback', proved: true },
    { receipt: guessed, prompted: false, proved: false },
  ]);
  expect(await accounts()).toEqual([
    { account: `paybill_float:${stage.shortcode}`, shillings: Number(before[0]?.shillings) + shillings },
    { account: `paybill_told:${stage.shortcode}`, shillings },
  ]);
});

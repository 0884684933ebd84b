import { afterAll, beforeAll, expect, test } from 'vitest';
import { noticeBody } from '../../proof/bodies.ts';
import { post, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones, show } from '../../proof/world-of-money.ts';
import { imported, importedAndSigned, signOff } from '../../reconcile/importing.ts';
import { paid, portalFile } from '../../reconcile/portal-file.ts';
import { signedIn } from '../../world/person.ts';
import { listByPull, openScene } from './scene.ts';

const OUTLET = '600981';
let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ further: OUTLET });
});
afterAll(() => stage.stop());

/** What the short codes hold in shillings, proved and told, since the last look. */
async function moved(): Promise<Record<string, number>> {
  const rows = await stage.world.database.sql<{ account: string; shillings: number }>(
    `select account, sum(cents)::int / 100 as shillings from (select debit_account as account, amount_cents as cents from transfers union all select credit_account, -amount_cents from transfers) x
     where account like 'paybill_%' group by account`,
  );
  const now = Object.fromEntries(rows.map(({ account, shillings }) => [account, shillings]));
  const grown = Object.entries(now).map(([account, held]) => [account, held - (seen[account] ?? 0)] as const);
  seen = now;
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
}
let seen: Record<string, number> = {};

/** A payment of 1,321 with a word that nobody knows, told of a short code or of none, that the list has which is asked of the head office's. */
async function listedAtHeadOffice(s: Awaited<ReturnType<typeof openScene>>, toldOf?: string) {
  const payment = { receipt: s.receipt(), at: stage.world.clock.now(), shillings: 1321, typed: 'SCHOOL', phone: newPhones().other };
  const { receipt, at, shillings, typed: reference, phone } = payment;
  const msisdn = show(phone, 'masked');
  if (toldOf)
    await post(
      stage,
      'c2b-confirmation',
      stage.confirmationPath,
      noticeBody({ receipt, shillings, reference, at, msisdn, shortcode: toldOf }),
    );
  await s.minutes(1);
  await listByPull(stage, payment);
  return { ...payment, line: paid(receipt, at, shillings, 'SCHOOL') };
}

test("what an outlet's notice told stays there when the head office's list has it, and the outlet's statement can be signed", async () => {
  const s = await openScene(stage);
  const { at, line } = await listedAtHeadOffice(s, OUTLET);
  expect(await moved()).toEqual({ [`paybill_float:${OUTLET}`]: 1321 });
  await importedAndSigned(stage.world, portalFile(OUTLET, at, at, 0, [line]), 'outlet.csv');
  expect(await moved()).toEqual({});
});

test("what the head office's list alone has moves to the outlet that signs a statement with it, once, and is the outlet's from then on", async () => {
  await stage.world.clock.advance(24 * 3_600_000); // the statements of each test have days of their own
  const s = await openScene(stage);
  const { at, line } = await listedAtHeadOffice(s);
  expect(await moved()).toEqual({ [`paybill_float:${stage.shortcode}`]: 1321 });
  await importedAndSigned(stage.world, portalFile(OUTLET, at, at, 1321, [line]), 'later.csv');
  expect(await moved()).toEqual({ [`paybill_float:${stage.shortcode}`]: -1321, [`paybill_float:${OUTLET}`]: 1321 });
  const { statementId } = await imported(stage.world, portalFile(stage.shortcode, at, at, 0, [line]), 'foreign.csv');
  const refused = await signOff(stage.world, statementId, await signedIn(stage.world, 'treasurer'));
  expect([refused.status, await refused.json()]).toMatchObject([409, { code: 'statement_of_other_shortcode' }]);
});

test('a notice that lied about the short code does not keep the money from the one whose statement has it', async () => {
  await stage.world.clock.advance(24 * 3_600_000);
  const s = await openScene(stage);
  const { at, line } = await listedAtHeadOffice(s, OUTLET);
  await importedAndSigned(stage.world, portalFile(stage.shortcode, at, at, 0, [line]), 'head-office.csv');
  expect(await moved()).toEqual({ [`paybill_float:${stage.shortcode}`]: 1321 });
});

test("the callback of a prompt claims its receipt, which a notice told of another short code and the head office's list proved there", async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1_322);
  const [receipt, at] = [s.receipt(), stage.world.clock.now()];
  const msisdn = show(owed.phone, 'masked');
  await post(
    stage,
    'c2b-confirmation',
    stage.confirmationPath,
    noticeBody({ receipt, shillings: 1_322, reference: 'HELLO', at, msisdn, shortcode: OUTLET }),
  );
  await listByPull(stage, { receipt, shillings: 1_322, typed: 'HELLO', at, phone: owed.phone });
  expect(await moved()).toEqual({ [`paybill_float:${OUTLET}`]: 1_322 });
  await s.calledBack(owed, receipt, 1_322);
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
  expect(await moved()).toEqual({ [`paybill_float:${OUTLET}`]: -1_322, [`paybill_float:${stage.shortcode}`]: 1_322 });
});

test("a receipt that the head office's list tied to a prompt by time is the outlet's once its statement has it, and the prompt's money stays", async () => {
  await stage.world.clock.advance(24 * 3_600_000);
  const s = await openScene(stage);
  const owed = await s.owe(1_323);
  s.queried(owed);
  await s.minutes(1);
  const [receipt, at] = [s.receipt(), stage.world.clock.now()];
  expect(await listByPull(stage, { receipt, shillings: 1_323, at })).toEqual([[receipt, 'fills']]);
  expect(await moved()).toEqual({ [`paybill_float:${stage.shortcode}`]: 1_323 });
  await importedAndSigned(stage.world, portalFile(OUTLET, at, at, 2642, [paid(receipt, at, 1_323, '')]), 'third.csv');
  expect(await moved()).toEqual({ [`paybill_float:${OUTLET}`]: 1_323 });
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
});

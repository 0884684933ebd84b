import { afterEach, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { newReceipt } from '../paybill/paybill.ts';
import { importedAndSigned } from '../reconcile/importing.ts';
import { paid, portalFile, reversed } from '../reconcile/portal-file.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { hourly, open, startWatched } from './watching.ts';

// A payment of before the first balances, which the head office's list had, is moved to its own short code by a signed statement: it is no capital there, and nothing is missing where it had stood.

const [HEAD, OWN] = ['174379', '600996'];
let world: World;
afterEach(() => world.stop());

const before = async () => {
  const response = await world.send('GET', '/api/float-entries', { headers: await signedIn(world, 'treasurer') });
  const { beforeTheFirstBalance } = (await response.json()) as { beforeTheFirstBalance: { shortcode: string; amount: number }[] };
  return Object.fromEntries(beforeTheFirstBalance.map(({ shortcode, amount }) => [shortcode, amount]));
};
const floats = async () =>
  Object.fromEntries(
    (
      await world.database.sql<{ account: string; shillings: number }>(
        `select account, sum(cents)::int / 100 as shillings from (select debit_account as account, amount_cents as cents from transfers union all select credit_account, -amount_cents from transfers) x
         where account like 'paybill_%' group by account having sum(cents) <> 0 order by account`,
      )
    ).map(({ account, shillings }) => [account, shillings]),
  );

/** A payment at the own short code whose notice was lost, and which the head office's list had. */
async function listed(): Promise<{ receipt: string; at: Date }> {
  const at = world.clock.now();
  const paying = await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 1_500, account: 'SHAMBA', shortcode: OWN });
  const receipt = 'receipt' in paying ? paying.receipt : '';
  await world.clock.advance(10_000);
  await world.settled();
  const settled = await settleReceipts({ db: world.app.db, now: world.clock.now() }, 'pull', [
    { receipt, amountCents: 150_000n, typedReference: 'SHAMBA', shortcode: HEAD, prompts: true, times: [at], payer: {} },
  ]);
  for (const { depositId } of settled) if (depositId) await allocate(world.app, depositId);
  return { receipt, at };
}

test.each([
  ['stands', undefined],
  ['was given back in part before them', 'before'],
  ['was given back in part after them', 'after'],
])('it is counted at its own short code: one that %s', async (_, givenBack) => {
  world = await startWatched({ environment: { MPESA_B2C_SHORTCODE: OWN }, simulator: { b2cShortcode: Number(OWN) } });
  world.simulator.control.setFloat({ shortcode: OWN, utilityShillings: 0, workingShillings: 0 });
  const { receipt, at } = await listed();
  const lines = [paid(receipt, at, 1_500, 'SHAMBA')];
  const giveBack = async () => {
    await world.clock.advance(3_600_000);
    world.simulator.control.reverseByHand({ receipt, amountShillings: 400 });
    lines.push(reversed(newReceipt(world.clock.now()), world.clock.now(), 400, receipt));
    await world.clock.advance(3_600_000);
  };
  const [held, left] = [givenBack === 'before' ? 1_100 : 1_500, givenBack ? 1_100 : 1_500];
  if (givenBack === 'before') await giveBack();
  await hourly(world, 3);
  expect([await floats(), await before()]).toEqual([{ [`paybill_float:${HEAD}`]: 1_500 }, { [HEAD]: -1_500, [OWN]: held }]);
  if (givenBack === 'after') await giveBack();
  await world.clock.advance(24 * 3_600_000);
  await importedAndSigned(world, portalFile(OWN, at, at, 0, lines), 'own.csv');
  await world.pass(3);
  await hourly(world, 6);
  expect([await floats(), await before(), await open(world)]).toEqual([{ [`paybill_float:${OWN}`]: left }, {}, []]);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';
import { parsePulledTransactions } from '#mpesa/daraja/parse-pull.ts';
import { pullTransactions } from '#mpesa/paybill/pull-transactions.ts';
import { refuteAbsent } from '#mpesa/paybill/refute-absent.ts';
import { startWorld, type World } from '../world/world.ts';
import { confirm, newReceipt, noticeBody, register } from './paybill.ts';

const HOUR = 3_600_000;
let world: World;
let rows: unknown[] = [];
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678', MPESA_SHORTCODES: '600981' } });
  expect((await register(world)).status).toBe(200);
  (world.app.daraja as { queryPull: unknown }).queryPull = async ({ offset, shortcode }: { offset: number; shortcode: string }) =>
    parsePulledTransactions([shortcode === '174379' ? rows.slice(offset) : []]);
});
afterAll(() => world.stop());

const row = (transactionId: string, at: Date, changes: object = {}) => ({
  ...{ transactionId, trxDate: `${new Date(at.getTime() + 3 * HOUR).toISOString().slice(0, 19)}+03:00`, msisdn: '2547 ***** 126' },
  ...{ sender: 'MPESA', transactiontype: 'c2b-pay-bill-debit', billreference: 'SHAMBA', amount: '1250.0', organizationname: 'DUKA' },
  ...changes,
});
const another = (at = world.clock.now()) => row(newReceipt(at), at);
async function told(at: Date, receipt: string, changes: object = {}) {
  await confirm(
    world,
    noticeBody({ TransID: receipt, TransTime: toNairobiTimestamp(at), TransAmount: '1250.00', BillRefNumber: 'SHAMBA', ...changes }),
  );
}
async function pull(list: unknown[]) {
  rows = list;
  await world.database.sql("update pulls set swept_at = null, asked_at = asked_at - interval '1 hour'");
  await pullTransactions(world.app, new Date(world.clock.now().getTime() + 14_000));
  await refuteAbsent(world.app, new Date(world.clock.now().getTime() + 14_000));
}
const standing = async (receipt: string) =>
  (
    await world.database.sql<{ says: string }>(
      "select case when refuted_at is not null then 'refuted' when receipt_proved_at is not null then 'proved' else 'told' end as says from deposits where receipt = $1",
      [receipt],
    )
  )[0]?.says;

test('a payment that a list named and could not be read is not refuted once its task was closed by a person and another such row comes', async () => {
  const at = world.clock.now();
  const receipt = newReceipt(at);
  await told(at, receipt);
  await world.clock.advance(10 * HOUR);
  await pull([another(), row(receipt, at, { amount: '?' })]);
  expect(await standing(receipt)).toBe('told');
  const looksItUp = () =>
    world.database.sql("update reviews set closed_at = now(), closed_by = 'Jane' where kind = 'pull_unreadable' and closed_at is null");
  await looksItUp();
  await world.clock.advance(24 * HOUR);
  await pull([another(), row(receipt, at, { amount: '?' })]);
  expect(await standing(receipt)).toBe('told');
  await looksItUp();
  await world.clock.advance(24 * HOUR); // Safaricom has forgotten it; another row cannot be read
  await pull([another(), row(newReceipt(world.clock.now()), world.clock.now(), { amount: '?' })]);
  expect(await standing(receipt)).toBe('told');
});

test('what one of our own short codes paid to another is listed: a list that has it does not refute its notice', async () => {
  const at = world.clock.now();
  const receipt = newReceipt(at);
  const listed = row(receipt, at, { msisdn: '600981', sender: '600981', transactiontype: 'organization-to-organization-transfer' });
  const [parsed] = parsePulledTransactions([[listed]]).transactions;
  expect(parsed?.fromShortcode).toBe('600981');
  await told(at, receipt, { MSISDN: '600981' });
  await world.clock.advance(10 * HOUR);
  await pull([another(), listed]);
  expect(await standing(receipt)).toBe('told');
});

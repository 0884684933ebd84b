import { afterAll, beforeAll, expect, test } from 'vitest';
import { toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';
import { parsePulledTransactions } from '#mpesa/daraja/parse-pull.ts';
import { pullTransactions } from '#mpesa/paybill/pull-transactions.ts';
import { refuteAbsent } from '#mpesa/paybill/refute-absent.ts';
import { importedAndSigned } from '../reconcile/importing.ts';
import { paid, portalFile } from '../reconcile/portal-file.ts';
import { startWorld, type World } from '../world/world.ts';
import { confirm, newReceipt, noticeBody, register } from './paybill.ts';

// A true payment of before a list begins, told so late that its time is moved up to three days ago: into the list.

const HOUR = 3_600_000;
let world: World;
let rows: unknown[] = [];
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678' } });
  expect((await register(world)).status).toBe(200);
  (world.app.daraja as { queryPull: unknown }).queryPull = async ({ offset }: { offset: number }) =>
    parsePulledTransactions([rows.slice(offset)]);
});
afterAll(() => world.stop());

const row = (transactionId: string, at: Date) => ({
  ...{ transactionId, trxDate: `${new Date(at.getTime() + 3 * HOUR).toISOString().slice(0, 19)}+03:00`, msisdn: '2547 ***** 126' },
  ...{ sender: 'MPESA', transactiontype: 'c2b-pay-bill-debit', billreference: 'SHAMBA', amount: '1250.0', organizationname: 'DUKA' },
});
const now = () => world.clock.now();
const tellLate = (receipt: string, at: Date) =>
  confirm(world, noticeBody({ TransID: receipt, TransTime: toNairobiTimestamp(at), TransAmount: '1250.00', BillRefNumber: 'SHAMBA' }));
const refuted = (receipt: string) =>
  world.database.sql('select refuted_at is not null or taken_back_at is not null as refuted from deposits where receipt = $1', [receipt]);

test('by pulls that began after it', async () => {
  const at = now();
  const receipt = newReceipt(at);
  for (const hours of [50, 24, 24]) {
    await world.clock.advance(hours * HOUR);
    rows = [row(newReceipt(now()), now())];
    await world.database.sql("update pulls set swept_at = null, asked_at = asked_at - interval '1 hour'");
    await pullTransactions(world.app, new Date(now().getTime() + 14_000));
  }
  await world.clock.advance(12 * HOUR);
  await tellLate(receipt, at);
  await refuteAbsent(world.app, new Date(now().getTime() + 14_000));
  expect(await refuted(receipt)).toEqual([{ refuted: false }]);
});

test('by the statement of the days after it', async () => {
  await world.database.sql('update pulls set refutes_from = null, refutes_until = null');
  const at = now();
  const receipt = newReceipt(at);
  await world.clock.advance(24 * HOUR);
  const from = now();
  await world.clock.advance(48 * HOUR);
  const listed = newReceipt(now());
  await importedAndSigned(world, portalFile('174379', from, now(), 0, [paid(listed, now(), 100, 'SHAMBA')]));
  await world.clock.advance(24 * HOUR);
  await tellLate(receipt, at);
  await refuteAbsent(world.app, new Date(now().getTime() + 14_000));
  expect(await refuted(receipt)).toEqual([{ refuted: false }]);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { parsePulledTransactions } from '#mpesa/daraja/parse-pull.ts';
import { pullTransactions } from '#mpesa/paybill/pull-transactions.ts';
import { refuteAbsent } from '#mpesa/paybill/refute-absent.ts';
import { startWorld, type World } from '../world/world.ts';
import { confirm, newReceipt, noticeBody, register } from './paybill.ts';

const HOUR = 60 * 60_000;
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
  ...{ sender: 'MPESA', transactiontype: 'c2b-pay-bill-debit', billreference: 'SHAMBA', amount: '10.0', organizationname: 'DUKA' },
});

test.each([
  ['that cannot be read', '21/11/26 noon'],
  ['that has not come', '20270101120000'],
])(
  'a payment of four days ago (its receipt says) that is told now with a time %s is not refuted by the list of the last 48 hours',
  async (_, TransTime) => {
    const receipt = newReceipt(world.clock.now());
    await world.clock.advance(4 * 24 * HOUR); // Safaricom has forgotten it
    await confirm(world, noticeBody({ TransID: receipt, TransTime, TransAmount: '1250.00', BillRefNumber: 'SHAMBA' }));
    await world.clock.advance(10 * HOUR);
    const now = world.clock.now();
    rows = [row(newReceipt(now), now)];
    await world.database.sql("update pulls set swept_at = null, asked_at = asked_at - interval '1 hour'");
    await pullTransactions(world.app, new Date(now.getTime() + 14_000));
    await refuteAbsent(world.app, new Date(now.getTime() + 14_000));
    expect(
      await world.database.sql('select refuted_at is not null or taken_back_at is not null as refuted from deposits where receipt = $1', [
        receipt,
      ]),
    ).toEqual([{ refuted: false }]);
  },
);

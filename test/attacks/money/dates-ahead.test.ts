import { afterAll, beforeAll, expect, test } from 'vitest';
import { parsePulledTransactions } from '#mpesa/daraja/parse-pull.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { penaltiesOf } from '../../loans/repaying.ts';
import { newReceipt, openTasks, register } from '../../paybill/paybill.ts';
import { importedAndSigned } from '../../reconcile/importing.ts';
import { HEADER, type Row, toCsv } from '../../statements/sample-statement.ts';
import { makeLoan, makeProduct } from '../../world/lending.ts';
import { startWorld, type World } from '../../world/world.ts';

let world: World;
let rows: unknown[] = [];
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678' } });
  await register(world);
  Object.assign(world.app.daraja, {
    queryPull: async ({ offset }: { offset: number }) => parsePulledTransactions(offset === 0 ? [rows] : []),
  });
});
afterAll(() => world.stop());

const DAY_MS = 24 * 60 * 60_000;
const MINUTE_MS = 60_000;
const MONTH_AHEAD = '2026-12-21T12:00:00+03:00';

/** A loan that is charged for every instalment that is late. */
const makeStrictLoan = async () =>
  makeLoan(world, {
    product: await makeProduct(world, { penaltyKind: 'percent', penaltyBasisPoints: 1_000, penaltyFrequency: 'per_period' }),
  });

const movedAt = async (receipt: string) =>
  (await world.database.sql<{ moved_at: Date }>('select moved_at from deposits where receipt = $1', [receipt]))[0]?.moved_at.getTime() ??
  NaN;

/** A line of a list with these readings of its time. */
const arrives = (receipt: string, amountCents: bigint, times: Date[]) =>
  settleReceipts({ db: world.app.db, now: world.clock.now() }, 'statement', [
    { receipt, amountCents, typedReference: 'SCHOOL', shortcode: '174379', prompts: true, times },
  ]);

test('a pulled row whose time has not come is no value date: a loan is worked out as of the day in the receipt, and a person is told', async () => {
  const loan = await makeStrictLoan();
  const receipt = newReceipt(world.clock.now());
  rows = [
    {
      ...{ transactionId: receipt, trxDate: MONTH_AHEAD, msisdn: '2547 ***** 126', sender: 'MPESA' },
      ...{ transactiontype: 'c2b-pay-bill-debit', billreference: loan.reference, amount: '500.0', organizationname: 'DUKA' },
    },
  ];
  await world.pass(18);
  rows = [];
  expect(await penaltiesOf(world, loan)).toEqual([]);
  expect(await movedAt(receipt)).toBeLessThanOrEqual(world.clock.now().getTime());
  expect(await movedAt(receipt)).toBeGreaterThan(world.clock.now().getTime() - DAY_MS);
  expect(await openTasks(world)).toMatchObject({ receipt_day_differs: 1 });
});

test('nor is the date of a line of a signed statement, with a slip in one line of eighty', async () => {
  const loan = await makeStrictLoan();
  const lines: Row[] = [];
  let balance = 0;
  for (let n = 0; n < 80; n++) {
    const slips = n === 5;
    const amount = slips ? 500 : 10;
    balance += amount;
    const at = slips ? '21-12-2026 11:00:00' : `21-11-2026 10:${String(Math.floor(n / 2)).padStart(2, '0')}:${n % 2 ? '30' : '00'}`;
    const reference = slips ? loan.reference : 'SHAMBA';
    const other = `2547****12${n % 10} - AMINA`;
    lines.push([
      ...[newReceipt(world.clock.now()), at, at, `Pay Bill from ${other} Acc. ${reference}`, 'Completed', amount, '', balance],
      ...['true', 'Pay Utility', other, '', ` ${reference}`, 'KES'],
    ]);
  }
  const file = toCsv([
    ['Account Holder:', 'DUKA'],
    ['Short Code:', '174379'],
    ['Account:', 'Utility Account'],
    ['Time Period:', 'From', '21-11-2026 00:00:00', 'To', '21-11-2026 23:59:59'],
    ['Operator:', 'tester1', 'Organization:', 'DUKA', 'Date of Report:', '21-11-2026 12:00:01'],
    [
      ...['Opening Balance:', 0, 'Closing Balance:', balance, 'Available Balance:', ''],
      ...['Total Paid In:', balance, 'Total Withdrawn:', 0],
    ],
    HEADER,
    ...lines,
  ]);
  await importedAndSigned(world, file, 'slip.csv');
  await world.pass(2);
  expect(await penaltiesOf(world, loan)).toEqual([]);
});

test('a few seconds ahead are a clock that goes ahead: it is now', async () => {
  const receipt = newReceipt(world.clock.now());
  await arrives(receipt, 11_100n, [new Date(world.clock.now().getTime() + 5_000)]);
  expect(await movedAt(receipt)).toBeLessThanOrEqual(world.clock.now().getTime());
  expect(await openTasks(world)).toMatchObject({ receipt_day_differs: 2 });
});

test('of two readings the one that has come counts', async () => {
  const receipt = newReceipt(world.clock.now());
  const ago = new Date(world.clock.now().getTime() - 10 * MINUTE_MS);
  await arrives(receipt, 11_200n, [new Date(ago.getTime() + 180 * MINUTE_MS), ago]);
  expect(await movedAt(receipt)).toBe(ago.getTime());
});

test('a time of another year than the receipt is none, also in the past; without any the day in the receipt counts', async () => {
  const receipts = [newReceipt(world.clock.now()), newReceipt(world.clock.now())];
  await arrives(receipts[0] ?? '', 11_300n, [new Date(world.clock.now().getTime() - 300 * DAY_MS)]);
  await arrives(receipts[1] ?? '', 11_400n, []);
  for (const receipt of receipts) expect(await movedAt(receipt)).toBeGreaterThan(world.clock.now().getTime() - DAY_MS);
});

test('readings of a pulled time that disagree with the day in the receipt are dropped', () => {
  const row = { transactionId: 'UKL0000001', amount: '10', transactiontype: 'c2b-pay-bill-debit' };
  const timesOf = (trxDate: string, id = row.transactionId) =>
    parsePulledTransactions([[{ ...row, transactionId: id, trxDate }]]).transactions[0]?.times.map((time) => time.toISOString());
  expect(timesOf(MONTH_AHEAD)).toEqual([]);
  expect(timesOf('2026-11-21T12:00:00+03:00')).toEqual(['2026-11-21T09:00:00.000Z', '2026-11-21T12:00:00.000Z']);
  expect(timesOf('2026-11-21T22:30:00+03:00')).toEqual(['2026-11-21T19:30:00.000Z']);
  expect(timesOf('2026-11-22T00:00:01+03:00')).toEqual(['2026-11-21T21:00:01.000Z', '2026-11-22T00:00:01.000Z']); // the day before's receipt
  expect(timesOf(MONTH_AHEAD, 'odd001')).toEqual(['2026-12-21T09:00:00.000Z', '2026-12-21T12:00:00.000Z']); // a receipt without a day
});

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { payBill, register } from '../paybill/paybill.ts';
import { HEADER, type Row, toCsv } from '../statements/sample-statement.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, imported, importedAndSigned, show, signOff, upload } from './importing.ts';

const [COLLECTS, PAYS] = ['174379', '600996'];
const DAY = '21-11-2026';
let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_B2C_SHORTCODE: PAYS }, simulator: { b2cShortcode: Number(PAYS) } });
  expect((await register(world)).status).toBe(200);
  await world.clock.advance(12 * 3_600_000); // the day of the files is over
});
afterAll(() => world.stop());

const float = async (code: string) => {
  const [row] = await world.database.sql<{ cents: string }>(
    `select coalesce(sum(case when debit_account = 'paybill_float:' || $1::text then amount_cents else -amount_cents end), 0) as cents from transfers
     where debit_account = 'paybill_float:' || $1::text or credit_account = 'paybill_float:' || $1::text`,
    [code],
  );
  return Number(row?.cents) / 100;
};
const floats = async () => [await float(COLLECTS), await float(PAYS)];
const bankClearing = async () => {
  const [row] = await world.database.sql<{ cents: string }>(
    `select coalesce(sum(case when debit_account = 'bank_clearing' then amount_cents else -amount_cents end), 0) as cents from transfers
     where debit_account = 'bank_clearing' or credit_account = 'bank_clearing'`,
  );
  return Number(row?.cents);
};

/** A statement whose one line moves so many shillings between the two short codes, as the one or the other shows it. */
function moved(receipt: string, shillings: number, shownBy: string, opening: number): Buffer {
  const isIn = shownBy === PAYS;
  const party = `${isIn ? COLLECTS : PAYS} - DUKA LA KAHAWA`;
  const words = `Organization To Organization Transfer ${isIn ? 'from' : 'to'} ${party} Acc. TRANSFER`;
  const closing = opening + (isIn ? shillings : -shillings);
  const at = `${DAY} 13:00:00`;
  const row: Row = [
    receipt,
    at,
    at,
    words,
    'Completed',
    isIn ? shillings : '',
    isIn ? '' : -shillings,
    closing,
    'true',
    words,
    party,
    '',
    ' TRANSFER',
    'KES',
  ];
  return toCsv([
    ['Account Holder:', 'DUKA'],
    ['Short Code:', shownBy],
    ['Account:', 'Utility Account'],
    ['Time Period:', 'From', `${DAY} 00:00:00`, 'To', `${DAY} 23:59:59`],
    ['Operator:', 'tester1', 'Organization:', 'DUKA', 'Date of Report:', '22-11-2026 01:00:01'],
    ['Opening Balance:', opening, 'Closing Balance:', closing, 'Available Balance:', ''],
    HEADER,
    row,
  ]);
}

beforeEach(() => world.database.sql("update statements set state = 'discarded'")); // the files of one test do not join those of another

test('what moved between two own short codes is no deposit: it leaves the one as it comes to the other, whichever statement tells first, once', async () => {
  for (const [n, order] of [
    [COLLECTS, PAYS],
    [PAYS, COLLECTS],
  ].entries()) {
    const before = await floats();
    for (const shownBy of order) {
      const shown = await importedAndSigned(world, moved(`UKL300000${n}`, 5_000, shownBy, 100_000 + n));
      expect(shown.findings).toMatchObject([{ finding: shownBy === PAYS ? 'top_up' : 'sweep', count: 1 }]);
      expect([shownBy, await floats()]).toEqual([shownBy, [(before[0] ?? 0) - 5_000, (before[1] ?? 0) + 5_000]]);
    }
    await world.database.sql("update statements set state = 'discarded'");
  }
  expect(await world.database.sql("select from deposits where receipt like 'UKL300000%'")).toEqual([]);
  expect(await bankClearing()).toBe(0);
});

test('both statements at once book it once', async () => {
  const before = await floats();
  const waiting = [
    await imported(world, moved('UKL3000009', 700, PAYS, 1)),
    await imported(world, moved('UKL3000009', 700, COLLECTS, 900)),
  ];
  const signers = [await signedIn(world, 'treasurer'), await signedIn(world, 'admin')];
  const answers = await Promise.all(waiting.map(({ statementId }, n) => signOff(world, statementId, signers[n] as never)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  await world.pass(1);
  expect(await floats()).toEqual([(before[0] ?? 0) - 700, (before[1] ?? 0) + 700]);
});

test('entered by two people as a sweep there and a top-up here, it is not booked again by the statement that shows it', async () => {
  const before = await floats();
  const [asks, decides] = ['person:00000000-0000-7000-8000-000000000001', 'person:00000000-0000-7000-8000-000000000002'];
  for (const [kind, code] of [
    ['sweep', COLLECTS],
    ['top_up', PAYS],
  ])
    await world.database
      .sql(
        `with entry as (insert into float_entries (id, shortcode, kind, amount_cents, occurred_on, state, asked_by, asked_at) values (gen_random_uuid(), $1, $2, 4000000, '2026-11-21', 'asked', $3, $5) returning id)
       select book_float_entry_2(id, $4, $5, null, $5) from entry`,
        [code, kind, asks, decides, world.clock.now()],
      )
      .catch(() => undefined);
  await world.database.sql(`select book_float_entry_2(id, $1, $2, null, $2) from float_entries where state = 'asked'`, [
    decides,
    world.clock.now(),
  ]);
  expect(await floats()).toEqual([(before[0] ?? 0) - 40_000, (before[1] ?? 0) + 40_000]);
  await importedAndSigned(world, moved('UKL3000008', 40_000, PAYS, 0));
  expect(await floats()).toEqual([(before[0] ?? 0) - 40_000, (before[1] ?? 0) + 40_000]);
});

test("a plain export of one own short code that is said to be another's cannot be signed", async () => {
  for (let n = 0; n < 3; n++) await payBill(world, { account: 'SHAMBA', amountShillings: 100 + n });
  await world.pass(6); // proved by status answers
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 20_000, account: 'SHAMBA' });
  const before = await floats();
  const { bytes } = await exported(world, { layout: 'V2', from: '2026-11-22', to: '2026-11-22' });
  const answer = await upload(world, bytes, await signedIn(world, 'treasurer'), 'november.csv', `&shortcode=${PAYS}`);
  const { statementId } = (await answer.json()) as { statementId: string };
  const signed = await signOff(world, statementId, await signedIn(world, 'treasurer'));
  expect([signed.status, await signed.json()]).toMatchObject([
    409,
    { code: 'statement_of_other_shortcode', detail: expect.stringContaining(COLLECTS) },
  ]);
  expect([(await show(world, statementId)).state, await floats()]).toEqual(['matched', before]);
});

test("a statement of another account than customers pay into neither refutes what it does not contain nor answers the month's task", async () => {
  const at = (
    await world.database.sql<{ there: string }>("select string_agg(receipt, ',') as there from deposits where refuted_at is not null")
  )[0];
  const empty = (account: string) =>
    toCsv([
      ['Account Holder:', 'DUKA'],
      ['Short Code:', COLLECTS],
      ['Account:', account],
      ['Time Period:', 'From', `${DAY} 00:00:00`, 'To', '22-11-2026 23:59:59'],
      ['Operator:', 'tester1', 'Organization:', 'DUKA', 'Date of Report:', '25-11-2026 07:00:01'],
      ['Opening Balance:', 0, 'Closing Balance:', 0, 'Available Balance:', '', 'Total Paid In:', 0, 'Total Withdrawn:', 0],
      HEADER,
    ]);
  world.simulator.control.fault({ api: 'transactionstatus', fault: 'server-error', times: 50 });
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 777 });
  await world.pass(2);
  for (const account of ['Merchant Account', 'Working Account']) {
    const shown = await importedAndSigned(world, empty(account));
    expect([account, shown.state, shown.refutes, shown.findings]).toEqual([account, 'done', false, []]);
    // and it speaks of no day that has not come
    expect(await world.database.sql('select covers_to <= uploaded_at as past from statements where id = $1', [shown.statementId])).toEqual([
      { past: true },
    ]);
  }
  const [row] = await world.database.sql<{ there: string }>(
    "select string_agg(receipt, ',') as there from deposits where refuted_at is not null",
  );
  expect(row).toEqual(at);
  expect(await world.database.sql("select is_covered_1($1, '2026-11-21', '2026-11-21') as covered", [COLLECTS])).toEqual([
    { covered: true },
  ]); // by the merchant's
  await world.database.sql("update statements set state = 'discarded' where account = 'merchant'");
  expect(await world.database.sql("select is_covered_1($1, '2026-11-21', '2026-11-21') as covered", [COLLECTS])).toEqual([
    { covered: false },
  ]);
  expect(paid).toBeDefined();
});

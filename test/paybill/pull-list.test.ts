import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { balanceOf } from '#books/ledger/balance.ts';
import { DarajaError } from '#mpesa/daraja/errors.ts';
import { toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';
import { parsePulledTransactions } from '#mpesa/daraja/parse-pull.ts';
import { pullTransactions } from '#mpesa/paybill/pull-transactions.ts';
import { refuteAbsent } from '#mpesa/paybill/refute-absent.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { startWorld, type World } from '../world/world.ts';
import { confirm, newReceipt, noticeBody, openTasks, register } from './paybill.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FURTHER = '600981';

let world: World;
let rows: unknown[] = [];
/** Other pages, by what they are asked with; what was asked; what happens meanwhile. */
let pageLength = 10_000;
let pages: Record<number, unknown[]> = {};
type Question = { from: Date; to: Date; offset: number };
let asked: Question[] = [];
let onAsked: (question: Question) => unknown = () => undefined;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678' } });
  expect((await register(world)).status).toBe(200);
  const queryPull = async (question: Question) => {
    asked.push(question);
    await onAsked(question);
    const { offset } = question;
    return parsePulledTransactions(pages[offset] ?? [rows.slice(offset, offset + pageLength)]);
  };
  (world.app.daraja as { queryPull: unknown }).queryPull = queryPull;
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.database.sql("update reviews set closed_at = now(), closed_by = 'test' where closed_at is null");
});

/** A row as Safaricom lists it; `changes` are its fields. */
const row = (transactionId: string, at: Date, changes: object = {}) => ({
  ...{ transactionId, trxDate: `${new Date(at.getTime() + 3 * HOUR).toISOString().slice(0, 19)}+03:00`, msisdn: '2547 ***** 126' },
  ...{ sender: 'MPESA', transactiontype: 'c2b-pay-bill-debit', billreference: 'SHAMBA', amount: '10.0', organizationname: 'DUKA' },
  ...changes,
});
const another = (at = world.clock.now()) => ({ ...row(newReceipt(at), at), at });
/** A payment that a notice has told, and nothing else. */
async function told(at = world.clock.now(), receipt = newReceipt(at)): Promise<{ receipt: string; at: Date }> {
  await confirm(
    world,
    noticeBody({ TransID: receipt, TransTime: toNairobiTimestamp(at), TransAmount: '1250.00', BillRefNumber: 'SHAMBA' }),
  );
  return { receipt, at };
}
/** One pull, and what it refutes: of all 48 hours, or of the time since the last one. */
async function pull(list: unknown[], { sweeps = true } = {}): Promise<void> {
  rows = list;
  const swept = sweeps ? 'null' : 'asked_at';
  await world.database.sql(`update pulls set swept_at = ${swept}, asked_at = asked_at - interval '1 hour'`);
  await pullTransactions(world.app, new Date(world.clock.now().getTime() + 14_000));
  await refuteAbsent(world.app, new Date(world.clock.now().getTime() + 14_000));
}
const standing = async (receipt: string) => {
  const [found] = await world.database.sql<{ says: string }>(
    `select case when refuted_at is not null then 'refuted' when receipt_proved_at is not null then 'proved' else 'told' end as says from deposits where receipt = $1`,
    [receipt],
  );
  return found?.says;
};

describe('a told payment that a whole list does not contain', () => {
  test('is refuted six hours after its time, and not before: rows are listed late', async () => {
    const { receipt } = await told();
    await world.clock.advance(5 * HOUR + 50 * MINUTE);
    await pull([another()]);
    expect(await standing(receipt)).toBe('told');
    await world.clock.advance(20 * MINUTE);
    await pull([another()]);
    expect(await standing(receipt)).toBe('refuted');
  });

  test('is not refuted by an empty list, which a short code that is not registered has too', async () => {
    const { receipt } = await told();
    await world.clock.advance(10 * HOUR);
    await pull([]);
    expect(await standing(receipt)).toBe('told');
    await pull([another()]);
    expect(await standing(receipt)).toBe('refuted');
  });

  test('is refuted by the list of 48 hours alone, not by one of the time since the last', async () => {
    await pull([another()]);
    await world.clock.advance(5 * HOUR); // nothing is pulled from here on
    const { receipt } = await told();
    await world.clock.advance(10 * HOUR);
    await pull([another()], { sweeps: false });
    expect(await standing(receipt)).toBe('told');
    await pull([another()]);
    expect(await standing(receipt)).toBe('refuted');
  });

  test('is not refuted at the list’s beginning, which Safaricom’s clock decides', async () => {
    const early = await told();
    await world.clock.advance(5 * HOUR);
    const late = await told();
    await world.clock.advance(43 * HOUR - 15_000); // Safaricom is 15 s ahead, and has forgotten the first
    await pull([another()]);
    expect([await standing(early.receipt), await standing(late.receipt)]).toEqual(['told', 'refuted']);
  });
});

describe('a payment that is told of a time that whole lists had before', () => {
  const ago = (hours: number) => new Date(world.clock.now().getTime() - hours * HOUR);

  test('is refuted by them, also where no further list reaches back so far', async () => {
    for (let day = 0; day < 4; day++) {
      await world.clock.advance(24 * HOUR);
      await pull([another()]);
    }
    const late = [await told(ago(10)), await told(ago(60))];
    const listed = another(ago(5)); // its notice and the list come later than usual
    await pull([another()], { sweeps: false });
    for (const { receipt } of late) expect(await standing(receipt)).toBe('refuted');
    const fresh = await told(ago(5));
    await pull([listed], { sweeps: false });
    expect([await standing(fresh.receipt), await standing(listed.transactionId)]).toEqual(['told', 'proved']);
  });

  test('is not refuted where between two lists there are hours that neither had', async () => {
    await pull([another()]);
    await world.clock.advance(60 * HOUR);
    await pull([another()]);
    const [between, within] = [await told(ago(50)), await told(ago(40))];
    await pull([another()], { sweeps: false });
    expect([await standing(between.receipt), await standing(within.receipt)]).toEqual(['told', 'refuted']);
  });

  test('is not refuted where a list named it and could not be read', async () => {
    const unread = another(ago(10));
    await pull([another(), { ...unread, amount: '?' }]);
    const [named, absent] = [await told(unread.at, unread.transactionId), await told(unread.at)];
    await pull([another()], { sweeps: false });
    expect([await standing(named.receipt), await standing(absent.receipt)]).toEqual(['told', 'refuted']);
  });
});

describe('a list', () => {
  const deadline = () => new Date(world.clock.now().getTime() + 14_000);
  const due = () => world.database.sql("update pulls set swept_at = asked_at, asked_at = asked_at - interval '15 minutes'");
  const completeUntil = async () => (await world.database.sql<{ at: Date }>('select complete_until as at from pulls'))[0]?.at;
  const begun = () => asked.filter(({ offset }) => offset === 0).map(({ from }) => from.getTime());

  test('is asked for once in a quarter of an hour, however often the clock strikes and many at once', async () => {
    await pull([another()]);
    asked = [];
    await world.clock.advance(14 * MINUTE);
    for (let n = 0; n < 3; n++) await pullTransactions(world.app, deadline());
    expect(asked).toEqual([]);
    await world.clock.advance(MINUTE);
    await Promise.all([1, 2, 3].map(() => pullTransactions(world.app, deadline())));
    expect(begun()).toHaveLength(1);
  });

  test('begins an hour before the last whole one ended; one that broke off or ran out of time is asked again from where it began, and its rows count', async () => {
    await pull([another()]);
    const whole = world.clock.now().getTime();
    const first = another();
    rows = [first];
    const breaksOff = { 1: () => Promise.reject(new DarajaError({ kind: 'unclear', reason: 'connection_lost' })), 0: () => undefined };
    const runsOut = { 0: () => world.clock.advance(15_000), 1: () => undefined };
    for (const happens of [breaksOff, runsOut]) {
      asked = [];
      await due();
      await world.clock.advance(15 * MINUTE);
      onAsked = ({ offset }) => happens[offset === 0 ? 0 : 1]();
      await pullTransactions(world.app, deadline());
      expect(begun()).toEqual([whole - HOUR]);
      expect(await standing(first.transactionId)).toBe('proved');
    }
    onAsked = () => undefined;
    asked = [];
    await due();
    await pullTransactions(world.app, deadline());
    const ended = world.clock.now().getTime();
    await due();
    await pullTransactions(world.app, deadline());
    expect(begun()).toEqual([whole - HOUR, ended - HOUR]);
  });

  test('is read to its end: every page is asked for by the rows before it, and the last of them once more', async () => {
    const [one, two, three] = [another(), another(), another()];
    asked = [];
    pageLength = 2;
    await pull([one, two, three]);
    pageLength = 10_000;
    expect(asked.map(({ offset }) => offset)).toEqual([0, 1, 2]);
    for (const { transactionId } of [one, two, three]) expect(await standing(transactionId)).toBe('proved');
  });

  test('that gives the same page whatever offset it is asked for is left, is not whole, and refutes nothing; its task closes when it is read whole', async () => {
    await pull([another()]);
    const absent = await told();
    await world.clock.advance(7 * HOUR);
    const [page, whole] = [[another(), another()], await completeUntil()];
    asked = [];
    pages = new Proxy({}, { get: () => [page] });
    await pull([]);
    pages = {};
    expect(asked.map(({ offset }) => offset)).toEqual([0, 1, 2]);
    expect([await standing(page[0]?.transactionId ?? ''), await standing(absent.receipt)]).toEqual(['proved', 'told']);
    expect(await completeUntil()).toEqual(whole);
    expect(await openTasks(world)).toMatchObject({ pull_unreadable: 1 });
    await pull([another()]);
    expect(await openTasks(world)).not.toHaveProperty('pull_unreadable');
  });

  test('may tell rows twice, as more come while it is read: it is whole all the same', async () => {
    const [one, two] = [another(), another()];
    pages = { 0: [[one, two]], 1: [[one, two]], 2: [[two]] };
    await pull([]);
    pages = {};
    expect(await completeUntil()).toEqual(world.clock.now());
    expect(await openTasks(world)).not.toHaveProperty('pull_unreadable');
  });

  test('whose rows move up while it is read, as the oldest are forgotten, is not whole where a row may be on no page, and refutes nothing', async () => {
    const [pageOf, whole] = [Array.from({ length: 20 }, () => another()), await completeUntil()];
    const missed = await told();
    await world.clock.advance(7 * HOUR);
    pages = { 0: [pageOf], 10: [[another(), another()]] };
    await pull([]);
    expect([await standing(missed.receipt), await completeUntil()]).toEqual(['told', whole]);
    expect(world.logLines.filter((line) => line.includes('pull_pages_do_not_join'))).toHaveLength(1);
    pages = { 0: [pageOf], 10: [[...pageOf.slice(15), row(missed.receipt, missed.at, { amount: '1250.00' })]], 11: [pageOf.slice(18)] };
    await pull([]);
    pages = {};
    expect(await standing(missed.receipt)).toBe('proved');
  });

  test('whose offset counts pages is read to its end, and refutes nothing', async () => {
    const twenty = () => Array.from({ length: 20 }, () => another());
    const [first, second, third] = [twenty(), twenty(), twenty()];
    const absent = await told();
    await world.clock.advance(7 * HOUR);
    asked = [];
    pages = { 0: [first], 1: [second], 2: [third] };
    await pull([]);
    pages = {};
    expect(asked.map(({ offset }) => offset)).toEqual([0, 10, 1, 2, 3]);
    for (const { transactionId } of [...second, ...third]) expect(await standing(transactionId)).toBe('proved');
    expect(await standing(absent.receipt)).toBe('told');
  });

  test('whose pages are long is settled in parts; what is over when time has run out is settled by the next', async () => {
    const rows = Array.from({ length: 1_500 }, () => another());
    const settled = async () => {
      const statement = 'select count(*)::int as n from deposits where receipt = any($1) and receipt_proved_at is not null';
      const [row] = await world.database.sql<{ n: number }>(statement, [rows.map(({ transactionId }) => transactionId)]);
      return row?.n;
    };
    onAsked = () => world.clock.advance(15_000);
    await pull(rows);
    onAsked = () => undefined;
    expect(await settled()).toBe(50);
    await pull(rows);
    expect(await settled()).toBe(1_500);
  });
});

describe('a row', () => {
  test('whose amount is written as people write it is read', async () => {
    const { receipt, at } = await told();
    await pull([row(` ${receipt} `, at, { amount: ' 1,250.00 ' })]);
    expect(await standing(receipt)).toBe('proved');
    expect(await openTasks(world)).not.toHaveProperty('pull_unreadable');
  });

  test('that cannot be read is listed all the same: it refutes nothing, is logged, and opens one task; what is not listed is refuted', async () => {
    const [listed, absent] = [await told(), await told()];
    await world.clock.advance(7 * HOUR);
    const list = [another(), row(listed.receipt.toLowerCase(), listed.at, { amount: 'KES 1250/-' })];
    await pull(list);
    await pull(list);
    expect([await standing(listed.receipt), await standing(absent.receipt)]).toEqual(['told', 'refuted']);
    expect(await openTasks(world)).toMatchObject({ pull_unreadable: 1 });
    expect(world.logLines.filter((line) => line.includes('pull_rows_unreadable')).at(-1)).toContain(listed.receipt);
    const alerts = await world.database.sql<{ words: string }>(
      "select o.message ->> 'words' as words from outbox o join reviews r on r.id::text = o.message ->> 'reviewId' where r.kind = 'pull_unreadable' and r.closed_at is null",
    );
    expect(alerts).toEqual([{ words: expect.stringContaining(listed.receipt) }]);
  });

  test('that nothing can be told of, not even its receipt, makes the list refute nothing', async () => {
    const absent = await told();
    await world.clock.advance(7 * HOUR);
    await pull([another(), row('', absent.at), 'nonsense']);
    expect(await standing(absent.receipt)).toBe('told');
    expect(await openTasks(world)).toMatchObject({ pull_unreadable: 1 });
    await pull([another()]);
    expect(await standing(absent.receipt)).toBe('refuted');
  });

  test('that cannot be read closes its task when it is read, or something else has proved its receipt; one without a receipt when a whole list has none', async () => {
    const [later, proved] = [another(), await told()];
    await pull([row(later.transactionId, later.at, { amount: '?' }), row(proved.receipt, proved.at, { amount: '?' })]);
    await pull([another(), later]);
    expect(await openTasks(world)).toMatchObject({ pull_unreadable: 1 });
    const receipt = { receipt: proved.receipt, amountCents: 125_000n, shortcode: '174379', prompts: true, times: [proved.at] };
    await settleReceipts({ db: world.app.db, now: world.clock.now() }, 'statement', [receipt]);
    await pull([another()]);
    expect(await openTasks(world)).not.toHaveProperty('pull_unreadable');
    await pull(['nonsense'], { sweeps: false });
    await pull([]); // as a short code that is not registered has
    expect(await openTasks(world)).toMatchObject({ pull_unreadable: 1 });
    await pull([another()]);
    expect(await openTasks(world)).not.toHaveProperty('pull_unreadable');
  });

  test('that has what the books have closes the task about words that named another amount', async () => {
    const { receipt, at } = await told();
    await confirm(world, noticeBody({ TransID: receipt, TransAmount: '900.00' }));
    expect(await openTasks(world)).toMatchObject({ evidence_amount_differs: 1 });
    await world.clock.advance(MINUTE);
    await pull([row(receipt, at, { amount: '1250.00' })]);
    expect(await openTasks(world)).not.toHaveProperty('evidence_amount_differs');
    await confirm(world, noticeBody({ TransID: receipt, TransAmount: '901.00' }));
    await world.clock.advance(MINUTE);
    await pull([row(receipt, at, { amount: '1250.00' })]); // proved before: it is passed over, and closes the task all the same
    expect(await openTasks(world)).not.toHaveProperty('evidence_amount_differs');
  });

  test('that cannot be settled keeps none of the others, is kept for a person, and refutes nothing', async () => {
    const [raises, absent, ...others] = [await told(), await told(), ...Array.from({ length: 120 }, () => another())];
    await world.clock.advance(7 * HOUR);
    await world.database.sql(
      `create function raise_on_purpose() returns trigger language plpgsql as $$ begin raise exception 'on purpose'; end $$`,
    );
    await world.database.sql(
      `create trigger raises before update on deposits for each row when (new.receipt = '${raises.receipt}') execute function raise_on_purpose()`,
    );
    const list = [...others.slice(0, 60), row(raises.receipt, raises.at, { amount: '1250.00' }), ...others.slice(60)];
    await pull(list);
    expect([await standing(raises.receipt), await standing(absent.receipt)]).toEqual(['told', 'refuted']);
    for (const { transactionId } of others) expect(await standing(transactionId)).toBe('proved');
    expect(await openTasks(world)).toMatchObject({ pull_unreadable: 1 });
    expect(world.logLines.filter((line) => line.includes('pull_row_not_settled')).join()).toContain('on purpose');
    await world.database.sql('drop function raise_on_purpose cascade');
    await pull(list);
    expect(await standing(raises.receipt)).toBe('proved');
    expect(await openTasks(world)).not.toHaveProperty('pull_unreadable');
  });

  test('that cannot be read opens no task once something else has proved its receipt', async () => {
    const { receipt, at } = await told();
    await pull([row(receipt, at, { amount: '1250' })]);
    await pull([row(receipt, at, { amount: '?' })]);
    expect(await openTasks(world)).not.toHaveProperty('pull_unreadable');
  });
});

test.each([
  ['where the phone would stand', { msisdn: FURTHER }],
  ['as a number', { msisdn: Number(FURTHER) }],
  ['before the name', { msisdn: '', sender: `${FURTHER} - DUKA` }],
])('what one of our own short codes paid is no deposit; what another business paid is: its short code %s', async (_, payer) => {
  const own = { ...world.app.config, paybill: { ...world.app.config.paybill, shortcodes: [FURTHER] } };
  const before = await balanceOf(world.app.db, 'paybill_float:174379');
  const [from, other] = [another(), another()];
  const at = world.clock.now();
  rows = [
    { ...from, ...payer, amount: '5000' },
    { ...other, ...payer, ...('sender' in payer ? { sender: '600977 - OTHER' } : { msisdn: '600977' }) },
  ];
  await world.database.sql("update pulls set swept_at = asked_at, asked_at = asked_at - interval '1 hour'");
  await pullTransactions({ ...world.app, config: own }, new Date(at.getTime() + 14_000));
  expect([await standing(from.transactionId), await standing(other.transactionId)]).toEqual([undefined, 'proved']);
  expect(await balanceOf(world.app.db, 'paybill_float:174379')).toBe(before + 1_000n);
});

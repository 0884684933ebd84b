import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCOUNTS, savingsAccount } from '#books/ledger/accounts.ts';
import { transfer } from '#books/ledger/transfer.ts';
import { newId } from '#ground/db/columns.ts';
import { confirm, deposits, match, newReceipt, noticeBody, tellsNow } from '../paybill/paybill.ts';
import { type MadeMember, makeMember } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { signIn, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

type Statement = {
  openingBalance: number;
  closingBalance: number;
  movements: {
    date: string;
    description: string;
    mpesaReceiptNumber: string | null;
    in: number | null;
    out: number | null;
    balance: number;
  }[];
  nextCursor: string | null;
};

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const read = async (accountId: string, { headers }: Pick<MadeMember, 'headers'>, query = '') => {
  const response = await world.send('GET', `/api/accounts/${accountId}/statement?${query}`, { headers });
  return { status: response.status, body: (await response.json()) as Statement & { code?: string } };
};
const pay = async (member: MadeMember, amount: number) => {
  const now = tellsNow(world);
  await confirm(world, noticeBody({ BillRefNumber: member.savingsReference, TransAmount: String(amount), ...now }));
  return now.TransID;
};

/** Books a movement of a member's savings past the functions. */
const book = (member: MadeMember, cents: bigint, at: string, legs = 1) =>
  world.app.db.transaction((tx) =>
    transfer(tx, {
      ...{ kind: cents > 0n ? 'savings_deposit' : 'unmatch', sourceId: newId(), bookedAt: new Date(at) },
      legs: Array.from({ length: legs }, () =>
        cents > 0n
          ? { debit: ACCOUNTS.bank, credit: savingsAccount(member.accountId), amountCents: cents / BigInt(legs) }
          : { debit: savingsAccount(member.accountId), credit: ACCOUNTS.bank, amountCents: -cents / BigInt(legs) },
      ),
    }),
  );

test('shows every movement with its receipt and the balance after it', async () => {
  const member = await makeMember(world);
  const receipts = [await pay(member, 500), await pay(member, 250)];
  const { status, body } = await read(member.accountId, member);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    accountId: member.accountId,
    reference: member.savingsReference,
    kind: 'savings',
    openingBalance: 0,
    closingBalance: 750,
    nextCursor: null,
    movements: [
      {
        date: '2026-11-21',
        kind: 'savings_deposit',
        description: 'Deposit',
        mpesaReceiptNumber: receipts[0],
        in: 500,
        out: null,
        balance: 500,
      },
      { mpesaReceiptNumber: receipts[1], in: 250, out: null, balance: 750 },
    ],
  });
});

test('names the receipt of money that was matched by a person', async () => {
  const member = await makeMember(world);
  const receipt = newReceipt();
  await confirm(world, noticeBody({ BillRefNumber: 'AKIBA', TransID: receipt, TransAmount: '90' }));
  const found = (await deposits(world)).find((deposit) => deposit.receipt === receipt);
  await match(world, found?.depositId ?? '', { standingReference: member.savingsReference });
  expect((await read(member.accountId, member)).body.movements).toMatchObject([{ mpesaReceiptNumber: receipt, in: 90 }]);
});

test('begins and ends with days in Nairobi', async () => {
  const member = await makeMember(world);
  await book(member, 10_000n, '2026-10-31T20:59:59Z'); // 31 October in Nairobi
  await book(member, 2_000n, '2026-10-31T21:00:00Z'); // 1 November
  await book(member, -500n, '2026-11-10T09:00:00Z');
  await book(member, 300n, '2026-11-10T20:59:59Z'); // 10 November
  await book(member, 1_000n, '2026-11-10T21:00:00Z'); // 11 November
  const { body } = await read(member.accountId, member, 'from=2026-11-01&to=2026-11-10');
  expect(body).toMatchObject({ openingBalance: 100, closingBalance: 118 });
  expect(body.movements.map(({ date, in: received, out, balance }) => [date, received, out, balance])).toEqual([
    ['2026-11-01', 20, null, 120],
    ['2026-11-10', null, 5, 115],
    ['2026-11-10', 3, null, 118],
  ]);
  expect((await read(member.accountId, member, 'from=2026-11-11&to=2026-11-11')).body).toMatchObject({
    openingBalance: 118,
    closingBalance: 128,
  });
  expect((await read(member.accountId, member, 'from=2026-11-12&to=2026-11-20')).body).toMatchObject({
    openingBalance: 128,
    closingBalance: 128,
    movements: [],
  });
});

test('shows an event once, of however many transfers it is made', async () => {
  const member = await makeMember(world);
  await book(member, 900n, '2026-11-10T09:00:00Z', 3);
  expect((await read(member.accountId, member)).body.movements).toMatchObject([{ in: 9, balance: 9 }]);
});

test('pages meet: each begins with the balance that the one before ended with, also among movements of one moment', async () => {
  const member = await makeMember(world);
  for (let n = 1; n <= 7; n++) await book(member, BigInt(n * 100), n < 5 ? '2026-11-10T09:00:00Z' : `2026-11-1${n}T09:00:00Z`, 1 + (n % 2));
  const pages: Statement[] = [];
  let cursor = '';
  do {
    const { body } = await read(member.accountId, member, `limit=2&from=2026-11-01&to=2026-11-20${cursor && `&cursor=${cursor}`}`);
    pages.push(body);
    cursor = body.nextCursor ?? '';
  } while (cursor);
  expect(pages.map(({ movements }) => movements.length)).toEqual([2, 2, 2, 1]);
  expect(pages[0]?.openingBalance).toBe(0);
  for (const [at, { openingBalance }] of pages.slice(1).entries()) expect(openingBalance).toBe(pages[at]?.closingBalance);
  expect(pages.at(-1)?.closingBalance).toBe(28);
  let balance = 0;
  for (const { movements } of pages)
    for (const movement of movements) {
      balance += (movement.in ?? 0) - (movement.out ?? 0);
      expect(movement.balance).toBe(balance);
    }
});

test('says in Swahili what moved, to who reads Swahili', async () => {
  const member = await makeMember(world, { language: 'sw' });
  await pay(member, 50);
  expect((await read(member.accountId, member)).body.movements).toMatchObject([{ description: 'Akiba iliyowekwa' }]);
});

describe('as CSV', () => {
  test('it is the same, with opening and closing balance', async () => {
    const member = await makeMember(world);
    const receipt = await pay(member, 500);
    await book(member, -20_000n, '2026-11-21T09:00:01Z');
    const response = await world.send('GET', `/api/accounts/${member.accountId}/statement?format=csv&from=2026-11-01&to=2026-11-30`, {
      headers: member.headers,
    });
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${member.savingsReference}.csv"`);
    const rows = parse(await response.text(), { columns: true }) as Record<string, string>[];
    expect(
      rows.map(({ date, description, mpesaReceiptNumber, in: received, out }) => [date, description, mpesaReceiptNumber, received, out]),
    ).toEqual([
      ['2026-11-01', 'Opening balance', '', '', ''],
      ['2026-11-21', 'Deposit', receipt, '500', ''],
      ['2026-11-21', 'Match reversed: the money did not belong to this account', '', '', '200'],
      ['2026-11-30', 'Closing balance', '', '', ''],
    ]);
    expect(rows.map(({ balance }) => balance)).toEqual(['0', '500', '300', '300']);
  });

  test('its lines are in the language of the member', async () => {
    const member = await makeMember(world, { language: 'sw' });
    await pay(member, 500);
    const response = await world.send('GET', `/api/accounts/${member.accountId}/statement?format=csv`, { headers: member.headers });
    const rows = parse(await response.text(), { columns: true }) as Record<string, string>[];
    expect(rows.map(({ description }) => description)).toEqual(['Salio la mwanzo', 'Akiba iliyowekwa', 'Salio la mwisho']);
  });

  test.each(['=HYPERLINK("https://evil.example","x")', '+1+1', '-2+3', '@SUM(1,1)', '\uff1d1+1', '","=1+1'])(
    'no cell begins with what a spreadsheet would run: %s',
    async (receipt) => {
      const member = await makeMember(world);
      await world.database.sql('update deposits set receipt = $1 where receipt = $2', [receipt, await pay(member, 5)]);
      const response = await world.send('GET', `/api/accounts/${member.accountId}/statement?format=csv`, { headers: member.headers });
      const rows = parse(await response.text(), { columns: true }) as Record<string, string>[];
      for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/);
      expect(rows[1]?.mpesaReceiptNumber?.replace(/^'/, '')).toBe(receipt);
    },
  );
});

describe('of somebody else', () => {
  test('answers like one that is not there', async () => {
    const [owner, other] = [await makeMember(world), await makeMember(world)];
    await pay(owner, 500);
    const customer = await signIn(world);
    for (const asker of [other, customer]) {
      const [theirs, none] = [await read(owner.accountId, asker), await read(newId(), asker)];
      expect([theirs.status, theirs.body.code]).toEqual([404, 'account_not_found']);
      expect({ ...theirs.body, requestId: '' }).toEqual({ ...none.body, requestId: '' });
    }
    expect((await read(owner.accountId, { headers: await operator(world, 'payments:read') })).status).toBe(403);
  });

  test('is read by a treasurer, and by a key with the scope', async () => {
    const owner = await makeMember(world);
    await pay(owner, 500);
    for (const asker of [await signInAs(world, 'treasurer'), { headers: await operator(world, 'members:read') }])
      expect((await read(owner.accountId, asker)).body).toMatchObject({ closingBalance: 500 });
  });
});

test.each(['from=2026-11-20&to=2026-11-01', 'from=yesterday', 'limit=0', 'cursor=nonsense', 'format=pdf', 'name=x'])(
  'is refused for %s',
  async (query) => {
    const member = await makeMember(world);
    expect((await read(member.accountId, member, query)).status).toBe(400);
  },
);

test('says on which day M-PESA moved the money, also where that was told a day later', async () => {
  const member = await makeMember(world);
  const told = {
    BillRefNumber: member.savingsReference,
    TransID: newReceipt(new Date('2026-11-20T12:00:00Z')),
    TransTime: '20261120150000',
  };
  await confirm(world, noticeBody({ ...told, TransAmount: '70' }));
  await book(member, 500n, '2026-11-21T09:30:00Z');
  const { body } = await read(member.accountId, member);
  expect(body.movements).toMatchObject([
    { date: '2026-11-21', paidOn: '2026-11-20', in: 70 },
    { date: '2026-11-21', paidOn: null, in: 5, proved: true },
  ]);
  const response = await world.send('GET', `/api/accounts/${member.accountId}/statement?format=csv`, { headers: member.headers });
  const rows = parse(await response.text(), { columns: true }) as Record<string, string>[];
  expect(rows.map(({ paidOn, proved }) => [paidOn, proved])).toEqual([
    ['', ''],
    ['2026-11-20', 'false'],
    ['', 'true'],
    ['', ''],
  ]);
});

test('costs two round trips', async () => {
  const member = await makeMember(world);
  await world.database.resetRoundTrips();
  await read(member.accountId, member);
  expect(await world.database.roundTrips()).toBe(2);
});

test('says which movements only a notice has told of, and how much of the balance that is', async () => {
  const member = await makeMember(world);
  const receipts = [await pay(member, 500), await pay(member, 250)];
  await world.database.sql('select prove_money_2(id, $2) from deposits where receipt = $1', [receipts[0], world.clock.now().toISOString()]);
  const { body } = await read(member.accountId, member);
  expect(body).toMatchObject({ closingBalance: 750, toldBalance: 250, movements: [{ proved: true }, { proved: false }] });
  // what never came was not proved by being taken back
  await world.database.sql('select refute_deposit_2(id, $2), take_back_2(id, $2) from deposits where receipt = $1', [
    receipts[1],
    world.clock.now().toISOString(),
  ]);
  const { body: after } = await read(member.accountId, member);
  expect(after).toMatchObject({
    closingBalance: 500,
    toldBalance: 0,
    movements: [{ proved: true }, { proved: false }, { proved: false, out: 250 }],
  });
});

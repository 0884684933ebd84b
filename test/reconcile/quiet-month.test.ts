import { afterEach, beforeEach, expect, test } from 'vitest';
import { confirm, noticeBody, payBill, register, tellsNow } from '../paybill/paybill.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, importedAndSigned } from './importing.ts';

// The first month of a short code brings nothing but a lie: its statement has no customer's payment that would say which account it is of.

const DAY_MS = 24 * 3_600_000;
const NOVEMBER = { from: '2026-11-01', to: '2026-11-30' };
const DECEMBER = { from: '2026-12-01', to: '2026-12-02' };

let world: World;
let lie: string;
beforeEach(async () => {
  world = await startWorld();
  await register(world);
  const told = tellsNow(world);
  lie = told.TransID;
  await confirm(world, noticeBody({ ...told, BillRefNumber: 'SHAMBA' }));
  await untilMorningOf('2026-12-01');
});
afterEach(() => world.stop());

async function untilMorningOf(day: string): Promise<void> {
  await world.clock.advance(Date.parse(`${day}T05:00:00Z`) - world.clock.now().getTime());
  await strike('scheduled-reminders');
}
/** Somebody pays on the 1st of December; it is the 3rd then. */
async function firstPayment(): Promise<void> {
  await payBill(world, { account: 'SHAMBA', amountShillings: 300 });
  await world.pass(6);
  await world.clock.advance(2 * DAY_MS);
}
const signed = async (days: { from: string; to: string }) => {
  const { bytes, name } = await exported(world, days);
  return importedAndSigned(world, bytes, name);
};
const open = async () =>
  (
    await world.database.sql<{ kind: string }>(
      "select kind from reviews where closed_at is null and kind in ('statement_due', 'statement_incomplete', 'deposit_refuted') and subject not like '%/2026-11-2%' and subject not like '%/2026-12-%' order by 1",
    )
  ).map(({ kind }) => kind);
const isRefuted = async () =>
  (await world.database.sql<{ refuted: boolean }>('select refuted_at is not null as refuted from deposits where receipt = $1', [lie]))[0]
    ?.refuted;

test('its sign-off works, closes what asked for it, and refutes nothing; the quiet days and the later ones together as one file do', async () => {
  expect(await open()).toEqual(['statement_due']);
  expect(await signed(NOVEMBER)).toMatchObject({ state: 'done', whole: true, refutes: false });
  expect([await open(), await isRefuted()]).toEqual([['statement_incomplete'], false]);
  await firstPayment();
  expect(await signed({ from: NOVEMBER.from, to: DECEMBER.to })).toMatchObject({ state: 'done', refutes: true });
  expect([await open(), await isRefuted()]).toEqual([['deposit_refuted', 'statement_incomplete'], true]);
});

test('a fresh export of the quiet days alone refutes, once one with payments is signed', async () => {
  await signed(NOVEMBER);
  await firstPayment();
  expect(await signed(DECEMBER)).toMatchObject({ state: 'done', refutes: true });
  expect(await isRefuted()).toBe(false);
  expect(await signed(NOVEMBER)).toMatchObject({ state: 'done', refutes: true });
  expect(await isRefuted()).toBe(true);
});

test('it needs no more where the statement with payments is signed first', async () => {
  await firstPayment();
  await signed(DECEMBER);
  expect(await signed(NOVEMBER)).toMatchObject({ state: 'done', refutes: true });
  expect([await open(), await isRefuted()]).toEqual([['deposit_refuted'], true]);
});

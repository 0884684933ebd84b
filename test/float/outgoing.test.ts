import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { confirm, noticeBody, register, tellsNow } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { alerts, hourly, open, SHORTCODE, startWatched } from './watching.ts';

const TODAY = '2026-11-21';

let world: World;
beforeAll(async () => {
  world = await startWatched();
  await register(world);
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 20_000, workingShillings: 0 });
  await hourly(world, 3);
  expect((await enter('top_up', 17_450)).status).toBe(200);
});
afterAll(() => world.stop());

const send = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
async function enter(kind: string, amount: number, on = TODAY) {
  const { body } = await send('/api/float-entries', { kind, amount, on, note: 'FT26334XYZ' });
  return { entryId: body.entryId, ...(await send(`/api/float-entries/${body.entryId}/approve`, {})) };
}
const list = async () => {
  const response = await world.send('GET', '/api/float-entries', { headers: await signedIn(world, 'treasurer') });
  return (await response.json()) as Record<'entries' | 'unexplained' | 'beforeTheFirstBalance', Record<string, unknown>[]>;
};
const float = async () => Number((await balances(world.app.db)).paybill_float ?? 0n) / 100;

test('what was the first balance’s before is said with what to do', async () => {
  expect((await list()).beforeTheFirstBalance).toMatchObject([{ amount: 2_550, words: expect.stringContaining('Enter it as top_up') }]);
});

test.each(['sweep', 'charge'])(
  'a %s of more than the books and the last balance hold is refused with words, and can be rejected with a reason',
  async (kind) => {
    const { entryId, ...answer } = await enter(kind, 40_000_000.5);
    expect(answer).toMatchObject({ status: 409, body: { code: 'entry_not_shown' } });
    expect(answer.body.detail).toContain(
      "No balance shows that it left, and that is more than there is on 174379: the books have KES 17,450 there, Safaricom's last balance is KES 20,000.",
    );
    expect((await send(`/api/float-entries/${entryId}/reject`, { note: 'x' })).status).toBe(400);
    expect((await send(`/api/float-entries/${entryId}/reject`, { note: 'Two zeros too many' })).status).toBe(200);
    expect((await list()).entries.find((entry) => entry.entryId === entryId)).toMatchObject({
      state: 'rejected',
      decisionNote: 'Two zeros too many',
    });
    const [kept] = await world.database.sql<{ note: string }>('select decision_note as note from float_entries where id = $1', [
      entryId as string,
    ]);
    expect(kept?.note).not.toContain('zeros');
    expect(await float()).toBe(17_450);
  },
);

test('one of a day that nothing can compare any more is refused with words', async () => {
  const { status, body } = await enter('sweep', 10, '2024-11-29');
  expect([status, body.code, body.detail]).toEqual([
    409,
    'entry_not_shown',
    expect.stringContaining('2024-11-29 is too long ago to compare'),
  ]);
});

test('all that stood there may have left: the last balance shows it, whatever the books have and the day is called', async () => {
  world.simulator.control.sweep({ amountShillings: 20_000 });
  await hourly(world, 3);
  expect(await open(world)).toEqual([[SHORTCODE, -20_000]]);
  expect((await enter('sweep', 20_000, '2024-11-29')).status).toBe(200);
  await hourly(world, 2);
  expect([await open(world), await float()]).toEqual([[], -2_550]);
});

test('a payout that cannot leave then is told so without an amount below zero', async () => {
  const { body } = await send('/api/payouts', { phoneNumber: newPhone(), amount: 100, reason: 'Supplier' });
  const { body: refused } = await send(`/api/payouts/${body.payoutId}/decision`, {});
  expect(refused.detail).toContain('Nothing can leave: the books have KES 2,550 less than nothing on 174379');
  expect(refused.detail).not.toContain('KES -');
  expect((await enter('top_up', 2_550)).status).toBe(200);
});

test('an amount with cents is told with two decimals, and the words name a wrong entry too', async () => {
  await confirm(world, noticeBody({ ...tellsNow(world), TransAmount: '500.00', BillRefNumber: 'SHAMBA' }));
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 500, workingShillings: 0 });
  await hourly(world, 2);
  expect((await enter('charge', 40.5)).status).toBe(200);
  await hourly(world, 3);
  expect(await open(world)).toEqual([[SHORTCODE, 40.5]]);
  const words = (await alerts(world)).at(-1);
  expect(words).toContain('Safaricom has KES 40.50 more');
  expect(words).toContain('never happened or was smaller: enter a top-up of the difference');
});

test('what the last balance alone holds may have left, though the books have less', async () => {
  const [{ cents } = { cents: 0 }] = await world.database.sql<{ cents: number }>(
    "select coalesce(sum(cents), 0)::int as cents from held_each_1(array['paybill_float:174379', 'paybill_told:174379'])",
  );
  const books = Number(cents) / 100;
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: Math.ceil(books) + 5_000, workingShillings: 0 });
  await hourly(world, 1);
  expect((await enter('charge', Math.ceil(books) + 5_001)).status).toBe(409);
  expect((await enter('charge', Math.ceil(books) + 5_000)).status).toBe(200);
});

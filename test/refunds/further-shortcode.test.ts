import { afterAll, beforeAll, expect, test } from 'vitest';
import { balanceOf } from '#books/ledger/balance.ts';
import { hourly, open, startWatched } from '../float/watching.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';

const FURTHER = '600981';

let world: World;
beforeAll(async () => {
  world = await startWatched({
    environment: { MPESA_SHORTCODES: FURTHER, MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678' },
    simulator: { otherShortcodes: [Number(FURTHER)] },
  });
  await world.app.daraja.registerPull({ phone: '254712345678', callbackUrl: `${world.siteUrl}/api/health` });
  await hourly(world, 1);
});
afterAll(() => world.stop());

const send = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
/** A payment at the further short code, as the pull finds and proves it. */
async function deposit(amountShillings: number): Promise<string> {
  await world.pass(17); // so that the next pull's times can be read in one way only
  await world.simulator.control.payBill({ phone: newPhone(), amountShillings, account: 'SHAMBA', shortcode: FURTHER });
  await world.pass(17);
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where shortcode = $1 order by settled_at desc limit 1', [
    FURTHER,
  ]);
  return row?.id ?? '';
}
const float = (shortcode: string) => balanceOf(world.app.db, `paybill_float:${shortcode}`);

test.each([
  ['by its result', {}],
  ['by the transaction’s status, its result being lost', { lost: true }],
])('a payment at a further short code is reversed there, out of that float, as M-PESA does, and is settled %s', async (_, plan) => {
  const depositId = await deposit(640);
  expect(await float(FURTHER)).toBe(64_000n);
  const asked = await send('/api/refunds', { depositId, reason: 'Paid by mistake' });
  expect(asked).toMatchObject({ status: 201, body: { method: 'reversal' } });
  world.simulator.control.plan({ api: 'reversal', next: 1, ...plan });
  expect((await send(`/api/payouts/${asked.body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(10);
  expect(await world.database.sql('select state from payouts where id = $1', [asked.body.payoutId])).toEqual([{ state: 'paid' }]);
  expect([await float(FURTHER), await float('174379')]).toEqual([0n, 0n]);
  expect(world.simulator.control.truth().accounts[FURTHER]?.utilityShillings).toBe(0);
  await hourly(world, 3);
  expect(await open(world)).toEqual([]);
});

test('and only what is proved to stand there can leave from there', async () => {
  const depositId = await deposit(320);
  await world.database.sql("select book_1('sweep', gen_random_uuid(), 1, 'bank_clearing', own_account_1('paybill_float', $1), 32000, $2)", [
    FURTHER,
    world.clock.now().toISOString(),
  ]);
  const asked = await send('/api/refunds', { depositId, reason: 'Paid by mistake' });
  expect(await send(`/api/payouts/${asked.body.payoutId}/decision`, {})).toMatchObject({
    status: 422,
    body: { code: 'insufficient_float', detail: expect.stringContaining(`KES 0 is proved on ${FURTHER}`) },
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';
import { confirm, noticeBody, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import type { World } from '../world/world.ts';
import { hourly, open, SHORTCODE, startWatched } from './watching.ts';

let world: World;
beforeAll(async () => {
  world = await startWatched();
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 1_000_000, workingShillings: 0 });
  await register(world);
  await hourly(world, 2);
});
afterAll(() => world.stop());

test.each([
  ['with its own time', 0, 7_000],
  ['with a time of some hours before', 150, 7_100],
])(
  'what leaves in the portal in the hour in which as much comes, which a notice told %s, is found',
  async (_, minutesBefore, amount) => {
    const before = await open(world);
    await hourly(world, 2);
    world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
    const phone = newPhone();
    const paid = await world.simulator.control.payBill({ phone, amountShillings: amount, account: 'SHAMBA' });
    if (!('receipt' in paid)) throw new Error('Not paid.');
    world.simulator.control.sweep({ amountShillings: amount });
    const told = toNairobiTimestamp(new Date(world.clock.now().getTime() - minutesBefore * 60_000));
    await confirm(
      world,
      noticeBody({ TransID: paid.receipt, TransTime: told, TransAmount: `${amount}.00`, BillRefNumber: 'SHAMBA', MSISDN: phone }),
    );
    await hourly(world, 3);
    for (let n = 0; n < 8; n++) await world.pass(15); // Safaricom is asked, and proves it with its own time
    await hourly(world, 4);
    expect(await open(world)).toEqual([...before, [SHORTCODE, -amount]]);
  },
  240_000,
);

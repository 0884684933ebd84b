import { afterAll, beforeAll, expect, test } from 'vitest';
import { payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { type Marketplace, movedBy, openMarketplace } from './marketplace.ts';

// A booking's fee was paid twice: the first payment is given back in the portal, in one sum or in two. The other one is for the same booking, which stays held either way.

let world: World;
let place: Marketplace;
beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
  await register(world);
  await payBill(world, { account: 'SHAMBA', amountShillings: 20_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

const post = async (path: string, body: Record<string, unknown>) => place.send(path, body, await signedIn(world, 'treasurer'));
const sign = async () => importedAndSigned(world, (await exported(world)).bytes);
async function paid(account: string, meanwhile: () => Promise<unknown>) {
  const paying = await payBill(world, { account, amountShillings: 1_160 });
  await meanwhile();
  await world.pass(6);
  const receipt = 'receipt' in paying ? paying.receipt : '';
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  return { receipt, depositId: row?.id ?? '' };
}

test.each([[[1_160]], [[160, 1_000]], [[1_000, 160]]])('given back: %s', async (parts) => {
  let end = {};
  const changes = await movedBy(world, async () => {
    const phone = newPhone();
    const booked = await place.book({ phoneNumber: phone, providerPhoneNumber: newPhone() });
    const { body } = await place.prompt(booked.body.bookingId, phone);
    const shown = world.simulator.control.prompts().find(({ accountReference }) => accountReference === body.reference);
    await paid(String(booked.body.reference), () => world.simulator.control.answer(shown?.checkoutRequestId ?? '', { pin: '1234' }));
    const [first] = await world.database.sql<{ depositId: string; receipt: string }>(
      'select d.id as "depositId", d.receipt from payments p join deposits d on d.id = p.counted_deposit_id where p.id = $1',
      [booked.body.bookingId],
    );
    if (!first) throw new Error('Nothing counts.');
    for (const amountShillings of parts) {
      world.simulator.control.reverseByHand({ receipt: first.receipt, amountShillings });
      await world.clock.advance(60_000);
      await sign();
      const back = await post(`/api/deposits/${first.depositId}/take-back`, { reason: 'Given back' });
      expect([back.status, back.body.code]).toEqual([200, undefined]);
    }
    const { state, paymentStatus } = await place.show(booked.body.bookingId);
    end = { state, paymentStatus };
  });
  expect([end, changes]).toEqual([
    { state: 'matching', paymentStatus: 'paid' },
    { paybill_float: 116_000n, booking_escrow: 116_000n },
  ]);
});

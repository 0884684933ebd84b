import { afterAll, beforeAll, expect, test } from 'vitest';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { readFacts } from '#sacco/notices/read-facts.ts';
import { memberWords } from '#sacco/notices/say-notice.ts';
import { treasurerWords } from '#sacco/notices/treasurer-words.ts';
import { type Marketplace, movedBy, openMarketplace } from '../bookings/marketplace.ts';
import { expectLendingToAgree, pay, standing } from '../loans/repaying.ts';
import { newPhone } from '../world/checkout.ts';
import { makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { openTasks, register } from './paybill.ts';

let market: Marketplace;
let world: World;
let treasurer: { authorization: string };
beforeAll(async () => {
  market = await openMarketplace();
  ({ world } = market);
  await register(world);
  treasurer = await signedIn(world, 'treasurer');
});
afterAll(async () => {
  await expectLendingToAgree(world);
  await world.stop();
});

/** A notice that somebody forged was booked, and is refuted as pull and statement do it. Its deposit. */
async function refuted(receipt: string): Promise<string> {
  const [row] = await world.database.sql<{ id: string }>('select id, refute_deposit_2(id, $2) from deposits where receipt = $1', [
    receipt,
    world.clock.now().toISOString(),
  ]);
  return row?.id ?? '';
}
const takeBack = (id: string) => market.send(`/api/deposits/${id}/take-back`, { reason: 'Not on the statement' }, treasurer);

test('a booking whose fee never came is no longer held, and its payment is reversed', async () => {
  const { body } = await market.book({ phoneNumber: newPhone() });
  const [payment] = await world.database.sql<{ reference: string }>('select reference from payments where id = $1', [body.bookingId]);
  const moved = await movedBy(world, async () => {
    const receipt = await pay(world, payment?.reference ?? '', 1160);
    expect(await market.show(body.bookingId)).toMatchObject({ state: 'matching', paymentStatus: 'paid', proved: false });
    const id = await refuted(receipt);
    const answers = await Promise.all([takeBack(id), takeBack(id)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
  expect(moved).toEqual({});
  expect(await market.show(body.bookingId)).toMatchObject({ state: 'expired', paymentStatus: 'reversed' });
  expect(await market.resolve(body.bookingId, { to: 'provider', phoneNumber: newPhone() })).not.toMatchObject({ status: 200 });
});

test('savings go down again, and what was lent on a repayment that never came is owed again', async () => {
  const member = await makeMember(world);
  const loan = await makeLoan(world, { member, product: await makeProduct(world, { instalments: 1 }) });
  const before = await standing(world, loan);
  const moved = await movedBy(world, async () => {
    const [saved, repaid] = [await pay(world, member.savingsReference, 300), await pay(world, loan.reference, 5200)];
    expect(await standing(world, loan)).toEqual({ state: 'closed', principal: 0, saved: 500 });
    for (const receipt of [repaid, saved]) expect(await takeBack(await refuted(receipt))).toMatchObject({ status: 200 });
  });
  // a treasurer is not sent to look for money in suspense that never came
  const [undone] = await world.database.sql<{ id: string }>('select id from repayments where loan_id = $1 and reversed_at is not null', [
    loan.id,
  ]);
  const facts = await readFacts(world.app.db, 'repayment_reversed', undone?.id ?? '', nairobiDay(world.clock.now()));
  if (!facts) throw new Error('Nobody is told of it.');
  expect(treasurerWords('repayment_reversed', facts, 'en').sentences.join(' ')).toMatch(
    /M-PESA has no such payment, so nothing is in suspense\.$/,
  );
  const around = { today: nairobiDay(world.clock.now()) } as Parameters<typeof memberWords>[2];
  const words = { en: /M-PESA has no such payment:/, sw: /M-PESA haina malipo haya:/ };
  for (const language of ['en', 'sw'] as const)
    expect(memberWords('repayment_reversed', facts, around, language).sentences.join(' ')).toMatch(words[language]);
  // what had come, and was given back in the portal
  const returned = { ...facts, told: false };
  expect(treasurerWords('repayment_reversed', returned, 'en').sentences.join(' ')).toMatch(
    /The money was returned to its payer through M-PESA/,
  );
  expect(treasurerWords('repayment_reversed', returned, 'sw').sentences.join(' ')).toMatch(
    /Pesa zilirudishwa kwa aliyelipa kupitia M-PESA/,
  );
  expect(memberWords('repayment_reversed', returned, around, 'en').sentences.join(' ')).toMatch(/The money was returned through M-PESA\./);
  expect(moved).toEqual({});
  expect(await standing(world, loan)).toEqual(before);
  expect(await openTasks(world)).not.toHaveProperty('deposit_refuted');
});

test('what is neither refuted nor there is not taken back', async () => {
  const member = await makeMember(world);
  const receipt = await pay(world, member.savingsReference, 300);
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  expect(await takeBack(row?.id ?? '')).toMatchObject({ status: 409, body: { code: 'deposit_not_refuted' } });
  expect(await takeBack('01a00000-0000-7000-8000-000000000000')).toMatchObject({ status: 404, body: { code: 'deposit_not_found' } });
});

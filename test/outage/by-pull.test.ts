import { afterAll, beforeAll, expect, test } from 'vitest';
import { booksBalance, type World } from '../world/world.ts';
import { expectWhole, openTill, playMorning } from './morning.ts';

let world: World;
beforeAll(async () => {
  world = await openTill('on');
  await world.app.daraja.registerPull({ phone: '254712345678', callbackUrl: `${world.siteUrl}/api/health` });
});
afterAll(() => world.stop());

test('a morning without confirmations and none afterwards: 137 payments at one till are whole by the pull, each within a quarter of an hour or so', async () => {
  let most = 0n;
  const morning = await playMorning(world, async () => {
    await world.clock.advance(10_000);
    await world.pass(1);
    const { truthCents, floatCents } = await booksBalance(world);
    if (truthCents - floatCents > most) most = truthCents - floatCents;
  });
  await world.pass(32);
  await expectWhole(world, morning);
  expect(most).toBeLessThan(10_000_00n); // what a quarter of an hour and a late row bring, of all the morning
  const [row] = await world.database.sql("select count(*)::int as n from deposits where source = 'pull'");
  expect(row).toEqual({ n: morning.receipts.length });
}, 300_000);

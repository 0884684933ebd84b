import { afterAll, beforeAll, expect, test } from 'vitest';
import { askBalance } from '#mpesa/inquiries/ask-balance.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// Once a day is for a short code where our initiator is nobody. Where payouts leave, the alarm stops the question; when a person has put it right, the watch goes on.

const HOUR = 3_600_000;
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const hour = async () => {
  await world.clock.advance(HOUR);
  await askBalance(world.app);
  await world.clock.advance(10_000);
  await world.settled();
};

test('the balance is asked for in the hour after payouts were started again', async () => {
  world.simulator.control.plan({ api: 'accountbalance', outcome: 'initiator-invalid', next: 1 });
  await hour();
  expect(await world.database.sql('select name from stops')).toEqual([{ name: 'payouts' }]);
  const started = { body: { reason: 'The password was corrected' }, headers: await signedIn(world, 'treasurer') };
  expect((await world.send('POST', '/api/payouts/start', started)).status).toBe(200);
  for (let hours = 0; hours < 3; hours++) await hour();
  const asked = await world.database.sql<{ result_code: string }>(
    "select result_code from inquiries where kind = 'account-balance' order by asked_at",
  );
  expect(asked.map(({ result_code }) => result_code)).toEqual(['2001', '0', '0', '0']);
});

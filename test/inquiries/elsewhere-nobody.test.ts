import { afterAll, beforeAll, expect, test } from 'vitest';
import { askBalance } from '#mpesa/inquiries/ask-balance.ts';
import { startWorld, type World } from '../world/world.ts';
import { openTasks } from './asking.ts';

// An initiator belongs to one short code: at another own one they may be nobody.

const [PAYS, OTHER] = ['174379', '600000'];
const HOUR = 3_600_000;
let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_SHORTCODES: OTHER } });
});
afterAll(() => world.stop());

const hour = async () => {
  await world.clock.advance(HOUR);
  await askBalance(world.app);
  await world.clock.advance(10_000);
  await world.settled();
};
const asked = async (shortcode: string) =>
  (
    await world.database.sql<{ result_code: string }>(
      "select result_code from inquiries where kind = 'account-balance' and shortcode = $1 order by asked_at",
      [shortcode],
    )
  ).map(({ result_code }) => result_code);
const stops = () => world.database.sql('select name from stops');

test('the balance of one where our initiator is nobody stops no payouts: it is a task, and is asked for once a day', async () => {
  await hour();
  expect([await asked(PAYS), await asked(OTHER)]).toEqual([['0'], ['2001']]);
  expect([await stops(), await openTasks(world)]).toEqual([[], [{ kind: 'balance_unknown', subject: OTHER }]]);
  for (let hours = 0; hours < 22; hours++) await hour();
  expect([(await asked(PAYS)).length, await asked(OTHER)]).toEqual([23, ['2001']]);
  for (let hours = 0; hours < 3; hours++) await hour();
  expect(await asked(OTHER)).toEqual(['2001', '2001']);
  expect(await stops()).toEqual([]);
});

test('the same word about the one that pays out stops them', async () => {
  world.simulator.control.plan({ api: 'accountbalance', outcome: 'initiator-invalid', next: 1 });
  await hour();
  expect(await stops()).toEqual([{ name: 'payouts' }]);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';
import { confirm, newReceipt, noticeBody, openTasks, register } from './paybill.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
afterAll(() => world.stop());

const retry = async () => {
  const response = await world.send('POST', '/api/paybill/retry-notices', { body: {}, headers: await operator(world, 'deposits:match') });
  return response.json();
};
const stands = (receipt: string) =>
  world.database.sql('select shortcode, amount_cents::int as cents from deposits where receipt = $1', [receipt]);

test('a notice about a number that is ours after all is booked when it is read again, once, and its task closes', async () => {
  const receipt = newReceipt();
  const body = noticeBody({ TransID: receipt, BusinessShortCode: '600777', TransAmount: '980.50' });
  await confirm(world, body);
  await confirm(world, 'nobody can read this');
  expect(await openTasks(world)).toMatchObject({ c2b_notice_quarantined: 2 });
  expect(await retry()).toEqual({ read: 2, settled: 0 });
  world.app.config.paybill.shortcodes.push('600777');
  expect(await retry()).toEqual({ read: 2, settled: 1 });
  expect(await retry()).toEqual({ read: 1, settled: 0 });
  expect(await stands(receipt)).toEqual([{ shortcode: '600777', cents: 98_050 }]);
  expect(await openTasks(world)).toMatchObject({ c2b_notice_quarantined: 1 });
  const [account] = await world.database.sql("select parent from accounts where id = 'paybill_told:600777'");
  expect(account).toEqual({ parent: 'paybill_told' });
});

test('many unreadable notices raise no more than twenty alarms', async () => {
  for (let n = 0; n < 30; n++) await confirm(world, `junk ${n}`);
  const [alarms] = await world.database.sql(
    "select count(*)::int as n from outbox o join reviews r on o.dedupe_key = 'alert:' || r.id where r.kind = 'c2b_notice_quarantined'",
  );
  const [tasks] = await world.database.sql(
    "select count(*)::int as n from reviews where kind = 'c2b_notice_quarantined' and closed_at is null",
  );
  expect([alarms, tasks]).toEqual([{ n: 21 }, { n: 31 }]);
});

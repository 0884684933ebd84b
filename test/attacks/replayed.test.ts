import { afterAll, beforeAll, expect, test } from 'vitest';
import { callbackBody, statusOf } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';
import { changed, imprint } from './imprint.ts';
import { waitingPrompt } from './waiting-prompt.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const post = (path: string, body: string) => world.send('POST', path, { body });

test('the same body a day later has no effect at all, and is answered as it was the first time', async () => {
  const { path, paidBody } = await waitingPrompt(world);
  const first = await post(path, paidBody);
  await world.clock.advance(24 * 3_600_000);
  const before = await imprint(world.database);
  const again = await post(path, paidBody);
  expect([again.status, await again.text()]).toEqual([first.status, await first.text()]);
  expect(await imprint(world.database)).toEqual(before);
});

test('a failure that is replayed after the customer paid in a second try changes nothing', async () => {
  const { prompt, paymentId } = await waitingPrompt(world);
  await world.simulator.control.answer(prompt.checkoutRequestId, { outcome: 'cancelled' });
  await world.pass(1);
  const second = await world.send('POST', '/api/payments/stk-push', { body: { paymentId, phoneNumber: prompt.phone } });
  expect(second.status).toBe(201);
  await world.simulator.control.answer(world.simulator.control.prompts()[0]?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);
  const before = await imprint(world.database);
  await world.simulator.control.redeliver(prompt.checkoutRequestId);
  await world.settled();
  expect(await imprint(world.database)).toEqual(before);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
});

test('a failure that is replayed after the same prompt was paid late asks no person again', async () => {
  const { path, prompt, paidBody } = await waitingPrompt(world);
  const failed = callbackBody(prompt, { resultCode: 1037 });
  await post(path, failed);
  await post(path, paidBody);
  const before = await imprint(world.database);
  await post(path, failed);
  expect(await imprint(world.database)).toEqual(before);
});

test.each([
  ['waits', async () => undefined],
  ['has failed', async (path: string, failed: string) => post(path, failed)],
  ['has paid', async (path: string, _: string, paid: string) => post(path, paid)],
])(
  "one payment's body on the address of another that %s leaves a quarantined row, a task, and nothing else, however often it comes",
  async (_, happen) => {
    const paid = await waitingPrompt(world);
    const other = await waitingPrompt(world);
    await post(paid.path, paid.paidBody);
    await happen(other.path, callbackBody(other.prompt, { resultCode: 1 }), other.paidBody);
    const before = await imprint(world.database);

    const answers = await Promise.all(Array.from({ length: 16 }, () => post(other.path, paid.paidBody)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(changed(before, await imprint(world.database))).toEqual(['evidence', 'outbox', 'reviews']);
    const rows = await world.database.sql(
      `select e.verdict, r.kind, r.closed_at, (select count(*)::int from outbox o where o.dedupe_key = 'alert:' || r.id) as alerts
     from evidence e join reviews r on r.subject = e.subject_id::text where e.subject_id = $1 and e.verdict = 'other_checkout'`,
      [other.attemptId],
    );
    expect(rows).toEqual([{ verdict: 'other_checkout', kind: 'evidence_other_checkout', closed_at: null, alerts: 1 }]);
  },
);

test('it is recognised also when phone and amount are the same and the answer to the other prompt was lost, so that we never learnt its checkout id', async () => {
  const first = await waitingPrompt(world);
  await world.pass(2); // their first prompt has ended
  const other = await waitingPrompt(world, { phoneNumber: first.prompt.phone });
  await world.database.sql("update attempts set state = 'unknown', checkout_request_id = null, checkout_hash = null where id = $1", [
    other.attemptId,
  ]);
  const before = await imprint(world.database);
  await post(other.path, first.paidBody);
  expect(changed(before, await imprint(world.database))).toEqual(['evidence', 'outbox', 'reviews']);
  expect(await world.database.sql('select verdict from evidence where subject_id = $1', [other.attemptId])).toEqual([
    { verdict: 'other_checkout' },
  ]);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTasks } from '../paybill/paybill.ts';
import { newPhone, push, statusOf } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

const HOUR = 3_600_000;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

type Answer = Record<string, unknown>;
const ask = async (paymentId: string, headers?: Record<string, string>) => {
  const response = await world.send('POST', `/api/payments/${paymentId}/ask`, {
    body: {},
    headers: headers ?? (await signedIn(world, 'treasurer')),
  });
  return { status: response.status, body: (await response.json()) as Answer };
};

/** A prompt whose callback is lost, and that Safaricom's queries say nothing clear about until `knows`. */
async function silentPrompt(outcome: 'paid' | 'cancelled' = 'paid') {
  const phoneNumber = newPhone();
  world.simulator.control.plan({ phone: phoneNumber, outcome, lost: true });
  const { paymentId, prompt } = await push(world, { phoneNumber });
  await world.clock.advance(10_000); // before the ladder's first question
  return { paymentId, checkoutRequestId: prompt?.checkoutRequestId ?? '' };
}

test('a pending prompt that was paid is found paid at once, and its money is booked once', async () => {
  const { paymentId } = await silentPrompt();
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'pending' });
  const { status, body } = await ask(paymentId, await operator(world, 'payments:read'));
  expect([status, body]).toMatchObject([200, { prompts: [{ answer: 'settled' }], payment: { paymentId, status: 'paid' } }]);
  expect(await ask(paymentId)).toMatchObject({ status: 409, body: { code: 'nothing_to_ask' } });
  await world.pass(3);
  const { floatCents, truthCents, clearingCents } = await booksBalance(world);
  expect([floatCents, clearingCents]).toEqual([truthCents, 0n]);
  expect(await world.database.sql("select actor from audit where action = 'payment_asked' and subject = $1", [paymentId])).toEqual([
    { actor: expect.stringMatching(/^key:/) },
  ]);
});

test('a prompt that was cancelled is found failed, with words', async () => {
  const { paymentId } = await silentPrompt('cancelled');
  await world.clock.advance(30_000);
  expect((await ask(paymentId)).body).toMatchObject({ payment: { status: 'failed', failureReason: 'cancelled' } });
});

test('a second question within ten seconds waits, also of two at once, and the ladder goes on where it was', async () => {
  const { paymentId } = await silentPrompt();
  world.simulator.control.fault({ api: 'stkquery', fault: 'server-error', times: 1 });
  const answers = await Promise.all([ask(paymentId), ask(paymentId)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 429]);
  expect(answers.find(({ status }) => status === 200)?.body).toMatchObject({
    prompts: [{ answer: 'unclear' }],
    payment: { status: 'pending' },
  });
  await world.pass(1);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
});

test('a prompt whose ladder is over is asked about again, and a late success closes its task', async () => {
  const { paymentId } = await silentPrompt();
  world.simulator.control.switch({ queryGlitchRate: 1 });
  for (const hours of [1, 6, 18, 1, 1]) {
    await world.clock.advance(hours * HOUR);
    await world.pass(1);
  }
  expect(await openTasks(world)).toMatchObject({ attempt_unresolved: 1 });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'expired' });
  world.simulator.control.switch({ queryGlitchRate: 0 });
  await world.clock.advance(60_000);
  expect((await ask(paymentId)).body).toMatchObject({ payment: { status: 'paid' } });
  expect(await openTasks(world)).not.toHaveProperty('attempt_unresolved');
});

test('a payment that nobody knows, or of which nothing can be asked, is refused in words', async () => {
  expect((await ask('01930000-0000-7000-8000-000000000001')).body).toMatchObject({ code: 'payment_not_found' });
  const { paymentId } = await silentPrompt();
  await world.database.sql('update attempts set checkout_request_id = null, checkout_hash = null where payment_id = $1', [paymentId]);
  expect((await ask(paymentId)).body).toMatchObject({ code: 'nothing_to_ask', detail: expect.stringContaining('never acknowledged') });
});

test('sixty times an hour, and not by a customer', async () => {
  const { paymentId } = await silentPrompt();
  const treasurer = await signedIn(world, 'treasurer');
  for (let n = 0; n < 60; n++) await ask(paymentId, treasurer);
  expect(await ask(paymentId, treasurer)).toMatchObject({
    status: 429,
    body: { code: 'too_many_requests', detail: expect.stringContaining('60 times') },
  });
  expect((await ask(paymentId, await signedIn(world, 'member'))).status).toBe(403);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { limitsParam } from '#mpesa/payments/prompt-limits.ts';
import { push } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const problemOf = async (response: Response) => ((await response.json()) as { code: string }).code;

test('a reference that was drawn before is drawn again; when all are taken nothing is opened', async () => {
  const taken = String((await push(world)).body.reference);
  const open = (n: number, references: string[]) =>
    world.database.sql<{ reference: string }>(
      `select o.reference from open_payment_2(100, '[]', null, null, $1, $2, null, $3, $4, '001', null, $5, 'key:one', 'request', null, null, null, $6) o`,
      [
        JSON.stringify({
          ...{ id: `01930000-0000-7000-8000-00000000000${n}`, purpose: 'order', caller: 'key:one', language: 'en' },
          ...{ phone: 'sealed', phone_hash: `phone ${n}`, external_reference: `ORDER-${n}` },
        }),
        references,
        `01930000-0000-7000-8000-0000000000a${n}`,
        `phone ${n}`,
        limitsParam(world.app.config.limits),
        world.clock.now(),
      ],
    );
  expect(await open(1, [taken, taken, 'PY-FREE0001'])).toEqual([{ reference: 'PY-FREE0001' }]);
  await expect(open(2, [taken, 'PY-FREE0001'])).rejects.toThrow('None of the drawn references is free.');
  await expect(open(1, [taken, 'PY-FREE0002'])).rejects.toThrow('external_reference_used');
});

test('who tries again at the moment in which the payment is paid is told so, and it stays paid', async () => {
  const { paymentId } = await push(world);
  await world.database.sql("update attempts set live = false, state = 'failed' where payment_id = $1", [paymentId]);
  const paying = world.database.sql(`begin; update payments set state = 'paid' where id = '${paymentId}'; select pg_sleep(0.7); commit`);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const again = world.send('POST', '/api/payments/stk-push', { body: { phoneNumber: '0712000077', paymentId }, patient: false });
  await paying;
  expect(await problemOf(await again)).toBe('already_paid');
  const [row] = await world.database.sql<{ state: string }>('select state from payments where id = $1', [paymentId]);
  expect(row?.state).toBe('paid');
});

test('what is to be paid once more is found by its own id and type alone', async () => {
  const { paymentId } = await push(world);
  for (const which of [{ paymentId: '01930000-0000-7000-8000-00000000dead' }, { bookingId: paymentId }]) {
    const response = await world.send('POST', '/api/payments/stk-push', { body: { phoneNumber: '0712000078', ...which } });
    expect([response.status, await problemOf(response)]).toEqual([404, 'payment_not_found']);
  }
});

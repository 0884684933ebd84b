import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConfig } from '#ground/config/config.ts';
import { goodEnvironment } from '../going-live/patient.ts';
import { newPhone } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';

// Limits that were set too low: each refusal says what is true of what was asked for, and after they are raised the same day goes on.

const LOW = {
  LIMIT_PROMPTS_PER_PHONE_10_MINUTES: '1',
  LIMIT_PROMPTS_PER_ADDRESS_HOUR: '2',
  LIMIT_PROMPTS_PER_DAY: '4',
  LIMIT_CODES_PER_DAY: '4',
  LIMIT_WRONG_CODES_PER_ADDRESS_HOUR: '1',
};

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: LOW });
  await world.database.sql(
    "insert into items (sku, name, kind, price_cents, vat_class, updated_at) values ('hall', 'Hall', 'booking_fee', 250000, 'E', now())",
  );
});
afterAll(() => world.stop());

async function post(
  path: string,
  body: object,
  ip: string,
): Promise<{ status: number; code?: string; detail?: string; customerMessage?: string }> {
  const response = await world.send('POST', path, { body, ip });
  return { ...((await response.json()) as object), status: response.status };
}
const prompt = (ip: string, phoneNumber = newPhone()) => post('/api/payments/stk-push', { phoneNumber, items: [{ sku: 'coffee' }] }, ip);
const booking = (ip: string) => post('/api/bookings', { phoneNumber: newPhone(), sku: 'hall' }, ip);
const code = (ip: string) => post('/api/sign-in/code', { phoneNumber: newPhone() }, ip);

/** Asks from one network, then from others, until both refuse. */
async function refusals(ask: (ip: string) => ReturnType<typeof post>, net: number) {
  const answers: Awaited<ReturnType<typeof post>>[] = [];
  for (const last of [1, 1, 1, 2, 3, 4, 5]) answers.push(await ask(`203.0.${net}.${last}`));
  const refused = (code: string) => answers.find((answer) => answer.code === code);
  return { network: refused('too_many_requests'), day: refused('daily_cap') };
}

test('a booking that is refused is not called a payment request alone, and a code is called a code', async () => {
  for (const [ask, net, words] of [
    [prompt, 1, /payment requests or bookings/],
    [booking, 2, /payment requests or bookings/],
    [code, 3, /codes/],
  ] as const) {
    const { network, day } = await refusals(ask, net);
    expect(network).toMatchObject({ status: 429, detail: expect.stringMatching(words) });
    expect(day).toMatchObject({ status: 429, detail: expect.stringMatching(words) });
    if (ask !== code)
      for (const { customerMessage } of [network, day] as { customerMessage: string }[]) expect(customerMessage).toMatch(words);
  }
});

test('the same day goes on once they are raised, and what was used up stays counted', async () => {
  const config = (limits: object) => parseConfig(goodEnvironment(limits as Record<string, string>)).limits;
  world.app.config.limits = config({ ...LOW, LIMIT_PROMPTS_PER_DAY: '40', LIMIT_CODES_PER_DAY: '40', LIMIT_PROMPTS_PER_ADDRESS_HOUR: '5' });
  for (const ask of [prompt, booking, code]) expect((await ask('203.0.9.1')).status).toBeLessThan(300);
  const phone = newPhone();
  expect((await prompt('203.0.9.2', phone)).status).toBe(201);
  await world.clock.advance(4 * 60_000);
  await world.settled();
  expect(await prompt('203.0.9.2', phone)).toMatchObject({ code: 'too_many_prompts', detail: expect.stringContaining('ten minutes') });
  world.app.config.limits = config({ LIMIT_PROMPTS_PER_DAY: '40' });
  expect((await prompt('203.0.9.2', phone)).status).toBe(201);
});

test.each(['0', '5,000', 'many', '-1', '10000001'])('a limit of %s is refused with its name and its range', (value) => {
  expect(() => parseConfig(goodEnvironment({ LIMIT_PROMPTS_PER_DAY: value }))).toThrow(/LIMIT_PROMPTS_PER_DAY.*1.*10,?000,?000/);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { owe, payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { imported, signOff } from './importing.ts';
import { plainFile } from './portal-file.ts';

// A file without a line, of a month in which a prompt was paid whose callback was lost, or a payout left.

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_PULL: 'off' } });
  expect((await register(world)).status).toBe(200);
});
afterAll(() => world.stop());

const until = (moment: string) => world.clock.advance(Date.parse(moment) - world.clock.now().getTime());
/** How the sign-off of an empty file of these days is answered, and whether they are still asked for. */
async function signedEmpty(from: string, to: string): Promise<[number, boolean]> {
  await strike('scheduled-reminders');
  const { bytes } = plainFile('174379', world.clock.now(), 0, []);
  const blank = Buffer.from('\n'.repeat(world.clock.now().getUTCMonth() + 1)); // the same bytes are the same file
  const shown = await imported(world, Buffer.concat([bytes, blank]), `Statements for 174379 from ${from} to ${to}.csv`);
  const answer = await signOff(world, shown.statementId, await signedIn(world, 'treasurer'));
  const due = await world.database.sql("select from reviews where kind = 'statement_due' and subject = $1 and closed_at is null", [
    `174379:${from}/${to}`,
  ]);
  return [answer.status, due.length === 1];
}

test('a prompt that was paid and has no receipt', async () => {
  const { paymentId, reference } = await owe(world);
  const prompt = world.simulator.control.prompts().find(({ accountReference }) => accountReference === reference);
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { outcome: 'paid', lost: true, notice: 'none' });
  await world.pass(6);
  const deposits = await world.database.sql('select confirmed_at is not null as proved, receipt from deposits where payment_id = $1', [
    paymentId,
  ]);
  await until('2026-12-01T06:00:00Z');
  expect([deposits, await signedEmpty('2026-11-01', '2026-11-30')]).toEqual([[{ proved: true, receipt: null }], [409, true]]);
});

test('a payout', async () => {
  await payBill(world, { account: 'SHAMBA', amountShillings: 5_000 });
  await until('2027-01-05T06:00:00Z');
  await world.pass(3);
  const post = async (path: string, body: object) => {
    const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
    return (await response.json()) as Record<string, unknown>;
  };
  const { payoutId } = await post('/api/payouts', { phoneNumber: newPhone(), amount: 1_000, reason: 'Supplier' });
  await post(`/api/payouts/${payoutId}/decision`, {});
  await world.pass(3);
  await until('2027-02-01T06:00:00Z');
  const states = await world.database.sql('select state from payouts');
  expect([states, await signedEmpty('2027-01-01', '2027-01-31')]).toEqual([[{ state: 'paid' }], [409, true]]);
});

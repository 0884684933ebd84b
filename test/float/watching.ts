import { expect } from 'vitest';
import { watchFloat } from '#mpesa/float/watch/watch-float.ts';
import { askForBalance } from '#mpesa/inquiries/ask-balance.ts';
import { pullTransactions } from '#mpesa/paybill/pull-transactions.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

export const SHORTCODE = '174379';
const HOUR = 3_600_000;

/** A world in which M-PESA charges by its tariff, and the watch expects it. */
export async function startWatched(options: Parameters<typeof startWorld>[0] = {}): Promise<World> {
  const world = await startWorld({ ...options, environment: { MPESA_CHARGES: 'tariff', ...options?.environment } });
  world.simulator.control.switch({ fees: 'tariff' });
  return world;
}

/** An hour in which Safaricom is asked for the balances, and they are compared with what moved. */
export async function hourly(world: World, hours = 1): Promise<void> {
  for (let n = 0; n < hours; n++) {
    await askForBalance(world.app, 'clock');
    await world.clock.advance(10_000);
    await world.settled();
    await world.clock.advance(HOUR / 4);
    await world.settled();
    await watchFloat(world.app);
    await world.clock.advance(HOUR - HOUR / 4 - 5_000);
    await world.settled();
  }
}

/** What is open: Safaricom's more, or less, in shillings, by short code. */
export const open = async (world: World): Promise<[string, number][]> =>
  (
    await world.database.sql<{ shortcode: string; cents: string }>(
      'select shortcode, amount_cents as cents from float_differences where explained_at is null and accepted_at is null order by shortcode, found_at, first_at',
    )
  ).map(({ shortcode, cents }) => [shortcode, Number(cents) / 100]);

/** The open tasks of the watch, and all alerts that it has promised, in words. */
export const tasks = async (world: World): Promise<string[]> =>
  (
    await world.database.sql<{ subject: string }>(
      "select subject from reviews where kind = 'balance_unexplained' and closed_at is null order by 1",
    )
  ).map(({ subject }) => subject);
export const alerts = async (world: World): Promise<string[]> =>
  (
    await world.database.sql<{ words: string }>(
      "select o.message ->> 'words' as words from outbox o join reviews r on r.id::text = o.message ->> 'reviewId' where r.kind = 'balance_unexplained' order by o.due_at, o.id",
    )
  ).map(({ words }) => words);

/** A pull after hours without one, as when it was off: by itself it would find lost money before any balance could. */
export async function pullNow(world: World) {
  await world.clock.advance(20 * 60_000);
  const { config } = world.app;
  const app = { ...world.app, config: { ...config, paybill: { ...config.paybill, pull: true } } };
  return pullTransactions(app, new Date(world.clock.now().getTime() + 14_000));
}

/** A payout that two people have approved, as the plan lets Safaricom treat it. */
export async function payOutNow(world: World, amount: number, plan: object = {}): Promise<void> {
  const [asker, second] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')]; // a session lasts twelve hours
  const body = { phoneNumber: newPhone(), amount, reason: 'Supplier' };
  const { payoutId } = (await (await world.send('POST', '/api/payouts', { body, headers: asker })).json()) as { payoutId: string };
  world.simulator.control.plan({ api: 'b2c', next: 1, ...plan });
  expect((await world.send('POST', `/api/payouts/${payoutId}/decision`, { body: {}, headers: second })).status).toBe(200);
}

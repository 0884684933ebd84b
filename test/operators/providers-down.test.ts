import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { type Deliverers, drainOutbox } from '#ground/outbox/delivery/drain.ts';
import { Message } from '#ground/outbox/message.ts';
import { ProviderFailure } from '#ground/outbox/refusal.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ simulator: { delays: { callbackMs: 0 } } });
});
afterAll(() => world.stop());
beforeEach(() => world.database.sql('delete from outbox'));

type Says = (message: Message, id: string) => Promise<Date | undefined>;

/** Every kind of message is delivered by `say`. */
const by = (say: Says): Deliverers<App> =>
  Object.fromEntries(
    Message.options.map(({ shape }) => [shape.kind.value, (_app: App, message: Message, id: string) => say(message, id)]),
  ) as unknown as Deliverers<App>;

/** Messages that are due, each a second after the one before. */
async function promise(messages: Record<string, unknown>[]): Promise<void> {
  const from = world.clock.now().getTime() - 1_000 * (messages.length + 1_000);
  await world.database.sql(
    `insert into outbox (id, dedupe_key, message, due_at) select new_id_1(), 'test:' || gen_random_uuid(), m, $2::timestamptz + n * interval '1 second'
     from jsonb_array_elements($1::jsonb) with ordinality as t(m, n)`,
    [JSON.stringify(messages), new Date(from)],
  );
}
const mail = () => ({ kind: 'invoice_email', invoiceId: newId() });
const sms = () => ({ kind: 'notice', event: 'loan_approved', subjectId: newId(), personId: newId(), channel: 'sms' });
const payout = () => ({ kind: 'dispatch_withdrawal', withdrawalId: newId() });
const many = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);

const isMail = ({ kind }: Message) => kind === 'invoice_email';
const left = async () =>
  Object.fromEntries(
    (
      await world.database.sql<{ kind: string; n: number }>(
        "select message ->> 'kind' as kind, count(*)::int as n from outbox where sent_at is null and dead_at is null group by 1",
      )
    ).map(({ kind, n }) => [kind, n]),
  );

/** The minute's delivery as it is in production: it has some seconds of real time. */
const realClock = { now: () => new Date(world.clock.now().getTime() + performance.now()), sleep };
const deliverFor = (seconds: number, say: Says) => {
  const app = { ...world.app, clock: realClock } as unknown as App;
  return drainOutbox(app, by(say), new Date(realClock.now().getTime() + seconds * 1_000));
};

describe('R19: a provider is', () => {
  const silent = async () => {
    await sleep(2_000); // its time limit, shortened
    throw new ProviderFailure('It did not answer.');
  };
  const refusing = (status: number) => async () => {
    throw new ProviderFailure(`It answered ${status}.`);
  };
  test.each([
    ['silent', silent],
    ['down', refusing(503)],
    ['refusing with 429', refusing(429)],
  ])('%s: what others deliver goes out in the same minute, and nothing of its own is lost', async (_, fails) => {
    await promise([...many(500, mail), ...many(30, sms), ...many(5, payout)]);
    let tries = 0;
    const done = await deliverFor(20, (message) => {
      if (!isMail(message)) return Promise.resolve(undefined);
      tries += 1;
      return fails();
    });
    expect(done.sent).toBe(35);
    expect(await left()).toEqual({ invoice_email: 500 });
    expect(tries).toBeLessThan(20); // it is not run down
    const sent = new Set<string>();
    for (let hour = 0; hour < 3; hour++) {
      await world.clock.advance(3_600_000);
      await deliverFor(20, async (_message, id) => {
        if (sent.has(id)) throw new Error('Twice.');
        sent.add(id);
        return undefined;
      });
    }
    expect([sent.size, await left()]).toEqual([500, {}]);
  });

  test('slow: what others deliver does not wait for it, and it gets the time that is left', async () => {
    await promise([...many(500, mail), ...many(30, sms), ...many(5, payout)]);
    const began = performance.now();
    const others: number[] = [];
    const done = await deliverFor(9, async (message) => {
      if (isMail(message)) await sleep(3_100);
      else others.push(performance.now() - began);
      return undefined;
    });
    expect(others).toHaveLength(35);
    expect(Math.max(...others)).toBeLessThan(6_000); // after the first that were slow
    expect(done.sent).toBeGreaterThanOrEqual(35 + 2 * 8);
    expect(await left()).toEqual({ invoice_email: 535 - done.sent });
    expect(await world.database.sql('select max(tries) as tries from outbox where sent_at is null')).toEqual([{ tries: 0 }]);
  });

  test('slow in everything: each lane has its turn', async () => {
    await promise([...many(20, mail), ...many(20, sms)]);
    const done = await deliverFor(9, () => sleep(3_100, undefined));
    expect(done.sent).toBeGreaterThanOrEqual(32);
  });

  test('silent: a callback meanwhile is settled before it answers', async () => {
    const { prompt, paymentId } = await push(world);
    await promise(many(20, mail));
    let answers = () => undefined as unknown;
    const hangs = new Promise((resolve) => {
      answers = () => resolve(undefined);
    });
    let began = 0;
    const delivered = deliverFor(20, async () => {
      began += 1;
      await hangs;
      return undefined;
    });
    while (began < 8) await sleep(10);
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.clock.advance(1_000);
    expect(await world.database.sql('select state from payments where id = $1', [paymentId])).toEqual([{ state: 'paid' }]);
    answers();
    expect((await delivered).sent).toBeGreaterThanOrEqual(20);
  });
});

test('R19: messages that nobody can deliver keep no other waiting for more than a minute, and end as dead letters with a task each', async () => {
  const poison = many(200, () => ({ kind: 'notice', event: 'no such event', channel: 'sms' }));
  await promise([...poison, { kind: 'of a later release' }, ...many(50, sms), ...many(50, mail)]);
  const broken = newId();
  await promise([{ kind: 'invoice_email', invoiceId: broken }]);
  const sent: string[] = [];
  const say: Says = async (message) => {
    if ('invoiceId' in message && message.invoiceId === broken) throw new TypeError('Cannot read properties of undefined');
    sent.push(message.kind);
    return undefined;
  };
  await deliverFor(20, say);
  await world.clock.advance(60_000);
  await deliverFor(20, say);
  expect([sent.filter((kind) => kind === 'notice').length, sent.filter((kind) => kind === 'invoice_email').length]).toEqual([50, 50]);
  for (let n = 0; n < 8; n++) {
    await world.clock.advance(90 * 60_000);
    await deliverFor(20, say);
  }
  expect(sent.filter((kind) => !kind.startsWith('alert'))).toHaveLength(100);
  expect(await left()).toEqual({});
  expect(await world.database.sql("select count(*)::int as n from reviews where kind = 'dead_letter' and closed_at is null")).toEqual([
    { n: 202 },
  ]);
});

/** The connection that dies once a batch was delivered: what was done is not written down. */
function dyingOnMark(): { app: App; died: () => boolean } {
  let statements = 0;
  const db = new Proxy(world.app.db, {
    get: (target, name) => {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (name === 'execute' || name === 'query') statements += 1;
        if (statements >= 2) throw new Error('The process has ended.');
        return value.apply(target, args);
      };
    },
  });
  return { app: { ...world.app, db, clock: realClock } as unknown as App, died: () => statements >= 2 };
}

test('R20: where the process ends between sending and writing it down nothing is lost, and nothing is sent more than once more for each such end', async () => {
  await promise([...many(60, mail), ...many(60, sms)]);
  const copies = new Map<string, number>();
  const say: Says = async (_message, id) => void copies.set(id, (copies.get(id) ?? 0) + 1) as undefined;
  let ends = 0;
  for (; ends < 3; ends++) {
    const { app, died } = dyingOnMark();
    await expect(drainOutbox(app, by(say), new Date(realClock.now().getTime() + 20_000))).rejects.toThrow('The process has ended.');
    expect(died()).toBe(true);
    await world.clock.advance(121_000); // its lease
  }
  await deliverFor(20, say);
  expect([copies.size, await left()]).toEqual([120, {}]);
  expect(Math.max(...copies.values())).toBeLessThanOrEqual(1 + ends);
});

test('R20: where sending takes its time, what was sent a moment ago alone is sent again', async () => {
  await promise(many(200, sms));
  const copies = new Map<string, number>();
  let isDead = false;
  const say: Says = async (_message, id) => {
    await sleep(40);
    if (isDead) return new Promise(() => undefined);
    copies.set(id, (copies.get(id) ?? 0) + 1);
    if (copies.size === 150) isDead = true;
    return undefined;
  };
  const db = new Proxy(world.app.db, {
    get: (target, name) => {
      const value = Reflect.get(target, name);
      return typeof value === 'function'
        ? (...args: unknown[]) => (isDead ? new Promise(() => undefined) : value.apply(target, args))
        : value;
    },
  });
  void drainOutbox({ ...world.app, db, clock: realClock } as unknown as App, by(say), new Date(realClock.now().getTime() + 20_000));
  while (!isDead) await sleep(20);
  await world.clock.advance(121_000);
  await deliverFor(20, async (_message, id) => void copies.set(id, (copies.get(id) ?? 0) + 1) as undefined);
  expect([copies.size, await left()]).toEqual([200, {}]);
  const twice = [...copies.values()].filter((times) => times > 1).length;
  expect([twice, Math.max(...copies.values())]).toEqual([expect.any(Number), 2]);
  expect(twice).toBeLessThan(50); // of the 150 that had been sent
});

test('R20: money that Safaricom took leaves once, however often the process ends after the request', async () => {
  const customer = '254700123456';
  world.simulator.control.setBalance(customer, 250_000);
  const { prompt } = await push(world, { phoneNumber: customer, items: [{ sku: 'coffee', quantity: 160 }] });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
  const [asks, approves] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  const before = BigInt(world.simulator.control.truth().sentCents);
  for (let n = 0; n < 5; n++) {
    const body = { phoneNumber: `25471100000${n}`, amount: 100, reason: 'Supplier' };
    const asked = (await (await world.send('POST', '/api/payouts', { body, headers: asks })).json()) as { payoutId: string };
    expect((await world.send('POST', `/api/payouts/${asked.payoutId}/decision`, { body: {}, headers: approves })).status).toBe(200);
  }
  for (let ends = 0; ends < 3; ends++) {
    await world.database.sql("update outbox set sent_at = null, due_at = $1 where message ->> 'kind' = 'dispatch_withdrawal'", [
      world.clock.now(), // what was sent and never written down
    ]);
    await world.pass(1);
  }
  await world.pass(10);
  expect(BigInt(world.simulator.control.truth().sentCents) - before).toBe(50_000n);
  const { floatCents, truthCents } = await booksBalance(world);
  expect(floatCents).toBe(truthCents);
});

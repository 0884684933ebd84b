import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { claimDeliveries } from '#desk/webhooks/claim-deliveries.ts';
import { deliverWebhooks } from '#desk/webhooks/deliver-webhooks.ts';
import { findEndpoint } from '#desk/webhooks/endpoint.ts';
import { purgeWebhooks } from '#desk/webhooks/purge-webhooks.ts';
import { recordOutcomes } from '#desk/webhooks/record-outcomes.ts';
import { newId } from '#ground/db/columns.ts';
import { push } from '../world/checkout.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { administrator, type Endpoint, happen, type Receiver, startReceiver, status, webhooksOf } from './receiver.ts';

let world: World;
let hooks: ReturnType<typeof webhooksOf>;
let paymentId: string;
beforeAll(async () => {
  world = await startWorld({ simulator: { delays: { callbackMs: 0 } } });
  hooks = webhooksOf(world, await administrator(world));
  const { prompt, ...pushed } = await push(world);
  paymentId = pushed.paymentId;
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
});
afterAll(() => world.stop());

const started: { receiver: Receiver; endpoint: Endpoint }[] = [];
afterEach(async () => {
  for (const { receiver, endpoint } of started.splice(0)) {
    await hooks.ask('POST', `/${endpoint.webhookId}/discard`, {});
    await receiver.stop();
  }
});

/** A server that is told of these events from now on. */
async function listening(events?: string[]) {
  const receiver = await startReceiver();
  const endpoint = await hooks.create(receiver.url, events);
  started.push({ receiver, endpoint });
  return { ...receiver, id: endpoint.webhookId, endpoint };
}

/** The minute alone, many times: what else the clock does takes long. */
async function passWebhooks(minutes: number, until: () => boolean = () => false): Promise<void> {
  for (let minute = 0; minute < minutes && !until(); minute++) {
    await world.clock.advance(60_000);
    await deliverWebhooks(world.app, new Date(world.clock.now().getTime() + 14_000));
  }
}

const idsOf = ({ heard }: Pick<Receiver, 'heard'>) => heard.map(({ event }) => event.id);

describe('a server that is away', () => {
  test('for twenty hours gets every event after it is back, each under one id; its neighbour was told at once', async () => {
    const [away, neighbour] = [await listening(), await listening()];
    away.answers(status(503));
    const expected: string[] = [];
    for (let hour = 0; hour < 20; hour++) {
      for (let n = 0; n < 3; n++) expected.push(await happen(world, paymentId));
      await passWebhooks(60);
      expect(idsOf(neighbour).sort()).toEqual([...expected].sort());
    }
    expect(away.heard.length).toBeLessThan(100); // it was left alone for longer and longer
    expect((await hooks.read(away.id)).failingSince).not.toBeNull();
    const tried = away.heard.length;
    away.answers(status(204));
    await passWebhooks(40, () => away.heard.length >= tried + expected.length);
    expect(
      away.heard
        .slice(tried)
        .map(({ event }) => event.id)
        .sort(),
    ).toEqual([...expected].sort());
    expect(await hooks.read(away.id)).toMatchObject({ enabled: true, failingSince: null, waiting: 0 });
    await passWebhooks(60);
    expect(away.heard.length).toBe(tried + expected.length);
  });

  test('is asked with one event at a time, however many wait', async () => {
    const away = await listening();
    away.answers(status(503));
    for (let n = 0; n < 20; n++) await happen(world, paymentId);
    await passWebhooks(1);
    const perMinute: number[] = [];
    for (let minute = 0; minute < 30; minute++) {
      const before = away.heard.length;
      await passWebhooks(1);
      perMinute.push(away.heard.length - before);
    }
    expect(perMinute.filter((requests) => requests > 0).length).toBeGreaterThan(2);
    expect(Math.max(...perMinute)).toBe(1);
    expect((await hooks.read(away.id)).waiting).toBe(20);
  });

  test('for more than a day in all, but well in between, has no event given up: nothing else was taken meanwhile', async () => {
    const away = await listening();
    away.answers(status(503));
    for (let n = 0; n < 3; n++) await happen(world, paymentId);
    await passWebhooks(20 * 60);
    let taken = 0;
    away.answers((response) => void response.writeHead(taken++ === 0 ? 204 : 503).end());
    await passWebhooks(60, () => taken > 0);
    expect(await hooks.log(away.id, 'state=delivered')).toHaveLength(1);
    await passWebhooks(5 * 60);
    const tried = away.heard.length;
    await passWebhooks(60);
    expect(away.heard.length).toBeGreaterThan(tried);
    expect(await hooks.log(away.id, 'state=given_up')).toEqual([]);
    expect(await hooks.read(away.id)).toMatchObject({ enabled: true, waiting: 2 });
    expect(await hooks.tasks(away.id)).toEqual([]);
  });

  test('for a day is disabled, with a task and an alert; enabled again it gets what it has missed', async () => {
    const away = await listening();
    away.answers(status(500));
    const first = await happen(world, paymentId);
    await passWebhooks(24 * 60 + 40);
    expect(await hooks.read(away.id)).toMatchObject({ enabled: false, waiting: 1 });
    expect(await hooks.tasks(away.id)).toEqual([
      { kind: 'webhook_disabled', open: true, words: expect.stringContaining('took nothing for a day'), note: null },
    ]);
    const [alert] = await world.database.sql(
      "select o.message from outbox o join reviews r on o.message ->> 'reviewId' = r.id::text where r.subject = $1",
      [away.id],
    );
    expect(alert).toMatchObject({ message: { kind: 'alert', words: expect.stringContaining('127.0.0.1') } });
    const tried = away.heard.length;
    const second = await happen(world, paymentId);
    await passWebhooks(60);
    expect(away.heard.length).toBe(tried); // a disabled endpoint gets nothing
    away.answers(status(200));
    const enabled = await hooks.change(away.id, { enabled: true });
    expect(enabled).toMatchObject({ status: 200, body: { enabled: true, failingSince: null } });
    expect(idsOf(away).slice(tried).sort()).toEqual([first, second].sort());
    expect(await hooks.tasks(away.id)).toMatchObject([{ open: false, note: 'Enabled again.' }]);
  });

  test('for good (410) is disabled once it has said so a second time; said once it is only left alone', async () => {
    const gone = await listening();
    const deployed = await listening();
    for (const each of [gone, deployed]) each.answers(status(410));
    await happen(world, paymentId);
    await passWebhooks(1);
    for (const { id } of [gone, deployed]) expect(await hooks.read(id)).toMatchObject({ enabled: true });
    deployed.answers(status(204));
    await passWebhooks(40, () => gone.heard.length >= 2);
    await passWebhooks(15);
    expect(await hooks.read(deployed.id)).toMatchObject({ enabled: true, failingSince: null, waiting: 0 });
    expect(await hooks.read(gone.id)).toMatchObject({ enabled: false });
    expect(await hooks.tasks(gone.id)).toMatchObject([{ kind: 'webhook_disabled', words: expect.stringContaining('(410)') }]);
  });

  test('for one event alone goes on; that event is given up after a day, with a task that its replay closes', async () => {
    const picky = await listening();
    const poison = await happen(world, paymentId);
    picky.answers((response, { event }) => void response.writeHead(event.id === poison ? 500 : 204).end(event.id === poison ? 'no' : ''));
    for (let hour = 0; hour < 26; hour++) {
      await happen(world, paymentId);
      await passWebhooks(60);
    }
    expect(await hooks.read(picky.id)).toMatchObject({ enabled: true, failingSince: null });
    expect(await hooks.log(picky.id, 'state=given_up')).toMatchObject([{ eventId: poison, answerStatus: 500, answer: 'no' }]);
    expect(await hooks.tasks(picky.id)).toMatchObject([{ kind: 'webhook_not_taken', open: true }]);
    expect(new Set(idsOf(picky)).size).toBe(27);
    picky.answers(status(204));
    expect(await hooks.replay(picky.id, { eventId: poison })).toMatchObject({ status: 202, body: { events: 1 } });
    expect(await hooks.log(picky.id, `eventId=${poison}`)).toMatchObject([
      { state: 'delivered', tries: 1, answerStatus: 204, answer: null },
    ]);
    expect(await hooks.tasks(picky.id)).toMatchObject([{ open: false, note: 'Replayed.' }]);
  });
});

describe('a server that answers, but slowly', () => {
  test('has taken the event, is left alone for a while, and is disabled after a day of nothing else', async () => {
    const slow = await listening();
    slow.answers(status(500)); // so that something waits
    await happen(world, paymentId);
    await passWebhooks(1);
    await world.database.sql('update webhook_endpoints set failing_since = null, failures = 0, paused_until = null where id = $1', [
      slow.id,
    ]);
    const answerSlowly = async () => {
      await world.database.sql("update webhook_deliveries set state = 'waiting', due_at = $2 where endpoint_id = $1", [
        slow.id,
        world.clock.now(),
      ]);
      const endpoint = await findEndpoint(world.app.db, slow.id);
      const [claimed] = await claimDeliveries(world.app, slow.id, 1);
      if (!claimed) throw new Error('Nothing waits.');
      const answer = { taken: true, answerStatus: 200, answer: null, error: null, tookMs: 9_900 };
      await recordOutcomes(world.app, endpoint, [{ claimed, answer }]);
    };
    await answerSlowly();
    expect(await hooks.log(slow.id)).toMatchObject([{ state: 'delivered' }]);
    expect((await hooks.read(slow.id)).failingSince).not.toBeNull();
    await world.clock.advance(25 * 3_600_000);
    await answerSlowly();
    expect(await hooks.read(slow.id)).toMatchObject({ enabled: false });
    expect(await hooks.tasks(slow.id)).toMatchObject([
      { kind: 'webhook_disabled', words: expect.stringContaining('too slowly for a day') },
    ]);
  });
});

describe('a copy that nobody has claimed', () => {
  test('tells nobody: neither what happens, nor a test, nor a replay', async () => {
    const told = await listening();
    const eventId = await happen(world, paymentId);
    await passWebhooks(1);
    const heard = told.heard.length;
    const at = world.clock.now();
    await world.database.sql('insert into detachments (id, as_of, detached_at) values ($1, $2, $2)', [newId(), at]);
    try {
      await happen(world, paymentId);
      await passWebhooks(2);
      expect(await hooks.ask('POST', `/${told.id}/test`, {})).toMatchObject({ status: 409, body: { code: 'copy_unclaimed' } });
      expect(await hooks.replay(told.id, { eventId })).toMatchObject({ status: 409, body: { code: 'copy_unclaimed' } });
      await hooks.change(told.id, { enabled: true }); // is delivered soon elsewhere
      expect(told.heard).toHaveLength(heard);
    } finally {
      await world.database.sql('delete from detachments');
    }
    await passWebhooks(2);
    expect(told.heard).toHaveLength(heard + 1);
  });
});

describe('nothing is lost and nothing sent twice', () => {
  test('what waits for an enabled endpoint is not deleted, however old it is; what waits for a disabled one is', async () => {
    const [enabled, disabled] = [await listening(), await listening()];
    for (const each of [enabled, disabled]) each.answers(status(500));
    await happen(world, paymentId);
    await passWebhooks(1);
    const longAgo = new Date(world.clock.now().getTime() - 365 * 24 * 3_600_000);
    await world.database.sql('update webhook_events set shared_at = $1', [longAgo]);
    const purge = () => purgeWebhooks(world.app, new Date(world.clock.now().getTime() + 60_000));
    await purge();
    expect([(await hooks.read(enabled.id)).waiting, (await hooks.read(disabled.id)).waiting]).toEqual([1, 1]);
    for (const each of [enabled, disabled]) await hooks.change(each.id, { enabled: false });
    await purge();
    expect([(await hooks.read(enabled.id)).waiting, (await hooks.read(disabled.id)).waiting]).toEqual([0, 0]);
  });

  test('very many events that wait are tried anew when their endpoint is enabled', async () => {
    const away = await listening();
    away.answers(status(500));
    await hooks.change(away.id, { enabled: false });
    const at = world.clock.now();
    await world.database.sql(
      `with event as (insert into webhook_events (id, type, subject_id, happened_at, shared_at) select gen_random_uuid(), 'payment.paid', $2, $3, $3 from generate_series(1, 4500) returning id)
       insert into webhook_deliveries (id, endpoint_id, event_id, state, tries, due_at, first_tried_at, created_at)
       select gen_random_uuid(), $1, id, 'waiting', 9, $3::timestamptz + interval '5 hours', $3, $3 from event`,
      [away.id, paymentId, at],
    );
    expect(await hooks.change(away.id, { enabled: true })).toMatchObject({ status: 200, body: { enabled: true } });
    const [left] = await world.database.sql<{ n: number }>(
      'select count(*)::int as n from webhook_deliveries where endpoint_id = $1 and tries >= 9',
      [away.id],
    );
    expect(left).toEqual({ n: 0 });
    await world.database.sql('delete from webhook_events where id in (select event_id from webhook_deliveries where endpoint_id = $1)', [
      away.id,
    ]);
  });

  test('though a transaction stays open for long while later ones commit', async () => {
    const receiver = await listening();
    const slow = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${world.database.name}`);
    await slow.connect();
    await slow.query('begin');
    const late = newId();
    const insert = "insert into audit (id, actor, action, subject, happened_at) values ($1, 'test', 'payment_paid', $2, $3)";
    await slow.query(insert, [late, paymentId, world.clock.now()]);
    const quick: string[] = [];
    for (let n = 0; n < 30; n++) {
      quick.push(await happen(world, paymentId));
      if (n % 10 === 0) await passWebhooks(1);
    }
    await passWebhooks(10);
    expect(idsOf(receiver).sort()).toEqual([...quick].sort());
    await slow.query('commit');
    await slow.end();
    await passWebhooks(1);
    expect(idsOf(receiver).sort()).toEqual([...quick, late].sort());
  });

  test('though a transaction is rolled back: its event is not', async () => {
    const receiver = await listening();
    const doing = world.app.db.transaction(async (tx) => {
      await tx.execute(
        `insert into audit (id, actor, action, subject, happened_at) values (new_id_1(), 'test', 'payment_paid', '${paymentId}', now())`,
      );
      throw new Error('rolled back');
    });
    await expect(doing).rejects.toThrow('rolled back');
    await passWebhooks(2);
    expect(receiver.heard).toEqual([]);
  });

  test('though many deliver at once', async () => {
    const [one, other] = [await listening(), await listening()];
    const expected = await Promise.all(Array.from({ length: 120 }, () => happen(world, paymentId)));
    await world.clock.advance(60_000);
    await Promise.all(Array.from({ length: 6 }, () => deliverWebhooks(world.app, new Date(world.clock.now().getTime() + 14_000))));
    await passWebhooks(2);
    for (const receiver of [one, other]) expect(idsOf(receiver).sort()).toEqual([...expected].sort());
  });

  test('but after a crash between sending and marking, once more under the same id', async () => {
    const receiver = await listening();
    const event = await happen(world, paymentId);
    let crashed = false;
    const killed = new Proxy(world.app.db, {
      get: (db, name) => {
        if (receiver.heard.length > 0) crashed = true;
        if (crashed) throw new Error('The process was killed.');
        return Reflect.get(db, name, db);
      },
    });
    await world.clock.advance(60_000);
    await deliverWebhooks({ ...world.app, db: killed }, new Date(world.clock.now().getTime() + 14_000));
    expect([crashed, idsOf(receiver)]).toEqual([true, [event]]);
    await passWebhooks(1);
    expect(idsOf(receiver)).toEqual([event]); // it is leased
    await passWebhooks(2);
    expect(idsOf(receiver)).toEqual([event, event]);
    await passWebhooks(10);
    expect(receiver.heard).toHaveLength(2);
    expect(await hooks.log(receiver.id)).toMatchObject([{ eventId: event, state: 'delivered' }]);
  });
});

describe('an endpoint', () => {
  test('gets what it asks for, and nothing else', async () => {
    const [paid, payments, all, loans] = [
      await listening(['payment.paid']),
      await listening(['payment.*', 'payment.paid']),
      await listening(['*']),
      await listening(['loan.*']),
    ];
    const [first, second] = [await happen(world, paymentId), await happen(world, paymentId, 'payment_reversed')];
    await happen(world, paymentId, 'task_closed'); // no event
    await passWebhooks(1);
    expect(idsOf(paid)).toEqual([first]);
    for (const one of [payments, all]) expect(idsOf(one).sort()).toEqual([first, second].sort());
    expect(loans.heard).toEqual([]);
  });

  test('is told by the minute, as the platform runs it, beside all else', async () => {
    const receiver = await listening();
    const event = await happen(world, paymentId);
    expect(await strike('scheduled-minute')).toMatchObject({ webhooks: { delivered: 1, failed: 0 } });
    expect(idsOf(receiver)).toEqual([event]);
  });

  test('costs nothing where there is none: no row is written for it', async () => {
    const count = async () => (await world.database.sql<{ n: string }>('select count(*) as n from webhook_events'))[0]?.n;
    const before = await count();
    await happen(world, paymentId);
    expect(await count()).toBe(before);
    await world.database.resetRoundTrips();
    await deliverWebhooks(world.app, new Date(world.clock.now().getTime() + 14_000));
    expect(await world.database.roundTrips()).toBe(1);
  });

  test('that is removed or disabled while events wait gets none of them', async () => {
    const receiver = await listening();
    await happen(world, paymentId);
    await hooks.change(receiver.id, { enabled: false });
    await passWebhooks(5);
    await hooks.ask('POST', `/${receiver.id}/discard`, {});
    await passWebhooks(5);
    expect(receiver.heard).toEqual([]);
  });

  test('that is disabled after a run has begun is claimed nothing for', async () => {
    const receiver = await listening();
    receiver.answers(status(500)); // so that something waits
    await happen(world, paymentId);
    await passWebhooks(1);
    await world.clock.advance(60 * 60_000);
    const enable = (enabled: boolean) =>
      world.database.sql('update webhook_endpoints set enabled = $2, disabled_at = case when not $2 then now() end where id = $1', [
        receiver.id,
        enabled,
      ]);
    await enable(false);
    expect(await claimDeliveries(world.app, receiver.id, 5)).toEqual([]);
    await enable(true);
    expect(await claimDeliveries(world.app, receiver.id, 5)).toHaveLength(1);
  });
});

describe('replaying', () => {
  test('a span of time sends the same ids again, to that endpoint alone and what it asks for', async () => {
    const [receiver, other] = [await listening(['payment.paid']), await listening()];
    const before = await happen(world, paymentId);
    await passWebhooks(10);
    const from = world.clock.now();
    const during = [await happen(world, paymentId), await happen(world, paymentId)];
    await happen(world, paymentId, 'payment_reversed');
    await passWebhooks(10);
    const to = world.clock.now();
    await happen(world, paymentId);
    await passWebhooks(1);
    const [heard, elsewhere] = [receiver.heard.length, other.heard.length];
    const span = { from: from.toISOString(), to: to.toISOString() };
    expect(await hooks.replay(receiver.id, span)).toEqual({ status: 202, body: { webhookId: receiver.id, events: 2, continueFrom: null } });
    await passWebhooks(3);
    expect(idsOf(receiver).slice(heard).sort()).toEqual([...during].sort());
    expect([idsOf(receiver).filter((id) => id === before).length, other.heard.length]).toEqual([1, elsewhere]);
  });

  test('is refused for what is not there, and for a disabled endpoint', async () => {
    const receiver = await listening();
    expect(await hooks.replay(receiver.id, { eventId: newId() })).toMatchObject({ status: 404, body: { code: 'webhook_event_not_found' } });
    expect(await hooks.replay(newId(), { eventId: newId() })).toMatchObject({ status: 404, body: { code: 'webhook_not_found' } });
    expect(await hooks.replay(receiver.id, { from: 'yesterday' })).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
    await hooks.change(receiver.id, { enabled: false });
    expect(await hooks.replay(receiver.id, { eventId: newId() })).toMatchObject({ status: 409, body: { code: 'webhook_disabled' } });
  });

  test('reaches as far back as events are kept; the log goes with them', async () => {
    const receiver = await listening();
    const event = await happen(world, paymentId);
    await passWebhooks(1);
    await world.clock.advance(29 * 86_400_000);
    await strike('scheduled-minute');
    expect(await hooks.log(receiver.id)).toHaveLength(1);
    await world.clock.advance(2 * 86_400_000);
    await strike('scheduled-minute');
    expect(await hooks.log(receiver.id)).toEqual([]);
    expect(await hooks.replay(receiver.id, { eventId: event })).toMatchObject({ status: 404 });
  });
});

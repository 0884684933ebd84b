import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { administrator, happen, isSignedBy, type Receiver, startReceiver, status, webhooksOf } from './receiver.ts';

let world: World;
let hooks: ReturnType<typeof webhooksOf>;
let server: Receiver;
let paymentId: string;
beforeAll(async () => {
  world = await startWorld({ simulator: { delays: { callbackMs: 0 } } });
  hooks = webhooksOf(world, await administrator(world));
  server = await startReceiver();
  const { prompt, ...pushed } = await push(world);
  paymentId = pushed.paymentId;
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
});
afterAll(async () => {
  await world.stop();
  await server.stop();
});

const trailOf = (id: string) =>
  world.database.sql('select action, actor, before, after from audit where subject = $1 order by happened_at, id', [id]);

describe('an endpoint', () => {
  test('is created with a secret of its own, which is shown once and encrypted at rest', async () => {
    const url = `${server.url}?token=s3cr3t`;
    const { status: as, body } = await hooks.ask('POST', '', { url, events: ['payment.paid', 'loan.*', 'payment.paid'] });
    const id = String(body.webhookId);
    expect(as).toBe(201);
    expect(body).toEqual({
      ...{ webhookId: id, url, events: ['payment.paid', 'loan.*'], enabled: true, disabledAt: null, failingSince: null, nextTryAt: null },
      ...{ earlierSecretUntil: null, createdAt: world.clock.now().toISOString(), createdBy: expect.stringMatching(/^person:/) },
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    const shown = await hooks.read(id);
    expect(shown).toEqual({ ...body, secret: undefined, waiting: 0 });
    const stored = JSON.stringify(await world.database.sql('select * from webhook_endpoints'));
    for (const hidden of [String(body.secret).slice(6), 's3cr3t', '127.0.0.1']) expect(stored).not.toContain(hidden);
    const seen = JSON.stringify([await trailOf(id), world.logLines]);
    for (const hidden of [String(body.secret).slice(6), 's3cr3t']) expect(seen).not.toContain(hidden);
  });

  test('is read by staff and by keys without the path of its address, and changed by administrators alone', async () => {
    const { webhookId } = await hooks.create(server.url);
    const treasurer = await signedIn(world, 'treasurer');
    for (const headers of [treasurer, await operator(world, 'webhooks:read')]) {
      const { body } = await hooks.ask('GET', '', undefined, headers);
      const own = (body.webhooks as Record<string, unknown>[]).find((one) => one.webhookId === webhookId);
      expect(own?.url).toBe(`${new URL(server.url).origin}/...`);
      expect((await hooks.ask('GET', `/${webhookId}`, undefined, headers)).body.url).toBe(own?.url);
      expect((await hooks.ask('GET', `/${webhookId}/deliveries`, undefined, headers)).status).toBe(200);
      for (const path of ['', '/secret', '/test', '/replay', '/discard'])
        expect((await hooks.ask('POST', `/${webhookId}${path}`, { enabled: false }, headers)).status).toBe(403);
    }
    expect(await hooks.read(webhookId)).toMatchObject({ enabled: true });
  });

  test.each([
    ['http://10.0.0.8/hook', /no https address/],
    ['https://10.0.0.8/hook', /private or reserved/],
    ['https://169.254.169.254/latest/meta-data', /private or reserved/],
    ['https://[::ffff:10.0.0.8]/', /private or reserved/],
    ['https://user:pass@shop.example/', /user name or a password/],
  ])('is refused at %s', async (url, why) => {
    const { webhookId } = await hooks.create(server.url);
    for (const { status: as, body } of [await hooks.ask('POST', '', { url }), await hooks.change(webhookId, { url })])
      expect([as, body]).toMatchObject([422, { code: 'webhook_address_refused', detail: expect.stringMatching(why) }]);
    await hooks.ask('POST', `/${webhookId}/discard`, {});
  });

  test.each([
    [{ url: 'shop' }],
    [{}],
    [{ url: 'https://shop.example', events: [] }],
    [{ url: 'https://shop.example', events: ['payment'] }],
    [{ url: 'https://shop.example', events: ['payment.*', 'pay*'] }],
    [{ url: 'ftp://shop.example' }],
    [{ url: 'https://shop.example', secret: 'mine' }],
  ])('is refused with %j', async (body) => {
    expect(await hooks.ask('POST', '', body)).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
  });

  test('that is our own site is refused, and so is one too many, however many ask at once', async () => {
    expect(await hooks.ask('POST', '', { url: `${world.siteUrl}/api/payments` })).toMatchObject({ status: 422 });
    for (const { webhookId } of (await hooks.ask('GET', '')).body.webhooks as { webhookId: string }[])
      await hooks.ask('POST', `/${webhookId}/discard`, {});
    const answers = await Promise.all(Array.from({ length: 24 }, () => hooks.ask('POST', '', { url: server.url })));
    expect(answers.filter(({ status: as }) => as === 201)).toHaveLength(20);
    expect(answers.find(({ status: as }) => as !== 201)).toMatchObject({ status: 409, body: { code: 'too_many_webhooks' } });
    for (const { body } of answers) if (body.webhookId) await hooks.ask('POST', `/${body.webhookId}/discard`, {});
    expect((await hooks.ask('GET', '')).body).toEqual({ webhooks: [] });
  });

  test('is changed, disabled and removed by whom the trail names', async () => {
    const { webhookId } = await hooks.create(server.url, ['loan.*']);
    expect(await hooks.change(webhookId, { events: ['*'], enabled: false })).toMatchObject({
      ...{ status: 200, body: { events: ['*'], enabled: false, disabledAt: world.clock.now().toISOString() } },
    });
    expect(await hooks.change(webhookId, {})).toMatchObject({ status: 400 });
    expect(await hooks.ask('POST', `/${webhookId}/discard`, {})).toEqual({ status: 200, body: { webhookId, state: 'removed' } });
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/discard'],
      ['POST', '/secret'],
      ['POST', '/test'],
      ['GET', '/deliveries'],
    ] as const)
      expect(await hooks.ask(method, `/${webhookId}${path}`, method === 'POST' ? {} : undefined)).toMatchObject({
        status: 404,
        body: { code: 'webhook_not_found' },
      });
    expect(await hooks.change(webhookId, { enabled: true })).toMatchObject({ status: 404 });
    expect(await trailOf(webhookId)).toMatchObject([
      {
        action: 'webhook_created',
        actor: expect.stringMatching(/^person:/),
        after: { host: new URL(server.url).host, events: ['loan.*'] },
      },
      { action: 'webhook_changed', before: { events: ['loan.*'], enabled: true }, after: { events: ['*'], enabled: false } },
      { action: 'webhook_removed' },
    ]);
  });
});

describe('a secret', () => {
  test('that is rotated signs beside the new one until the overlap ends, and then no more', async () => {
    const { webhookId, secret } = await hooks.create(server.url);
    const send = async () => {
      server.heard.length = 0;
      await happen(world, paymentId);
      await strike('scheduled-minute');
      const [heard] = server.heard;
      if (!heard) throw new Error('Nothing was heard.');
      return (one: string) => isSignedBy(one, heard);
    };
    expect((await send())(secret)).toBe(true);
    const { body } = await hooks.ask('POST', `/${webhookId}/secret`, { overlapHours: 2 });
    expect(body).toEqual({ webhookId, secret: expect.stringMatching(/^whsec_/), earlierSecretUntil: expect.any(String) });
    const during = await send();
    expect([secret, String(body.secret)].map(during)).toEqual([true, true]);
    await world.clock.advance(2 * 3_600_000);
    const after = await send();
    expect([secret, String(body.secret)].map(after)).toEqual([false, true]);
    const third = (await hooks.ask('POST', `/${webhookId}/secret`, { overlapHours: 0 })).body;
    const last = await send();
    expect([String(body.secret), String(third.secret)].map(last)).toEqual([false, true]);
    expect(third.secret).not.toBe(body.secret);
    expect(await hooks.ask('POST', `/${webhookId}/secret`, { overlapHours: 1000 })).toMatchObject({ status: 400 });
    await hooks.ask('POST', `/${webhookId}/discard`, {});
  });
});

describe('a test', () => {
  test('is sent now, signed, with its outcome as the answer, also to a disabled endpoint', async () => {
    const { webhookId, secret } = await hooks.create(server.url, ['loan.*']);
    await hooks.change(webhookId, { enabled: false });
    server.heard.length = 0;
    server.answers((response) => void response.writeHead(200).end('Thanks, 0712345678'));
    const { status: as, body } = await hooks.ask('POST', `/${webhookId}/test`, {});
    expect([as, body]).toEqual([
      200,
      {
        webhookId,
        eventId: expect.any(String),
        taken: true,
        answerStatus: 200,
        answer: 'Thanks, •••678',
        error: null,
        tookMs: expect.any(Number),
      },
    ]);
    const [heard] = server.heard;
    expect(heard && isSignedBy(secret, heard)).toBe(true);
    expect(heard?.event).toEqual({
      id: body.eventId,
      type: 'test',
      timestamp: expect.any(String),
      version: expect.any(Number),
      data: { object: 'test' },
    });
    expect(heard?.headers).toMatchObject({ 'webhook-id': body.eventId, 'content-type': 'application/json' });
    expect(await hooks.log(webhookId)).toMatchObject([
      { eventId: body.eventId, type: 'test', state: 'delivered', tries: 1, answer: 'Thanks, •••678' },
    ]);
    expect(await hooks.log(webhookId, 'state=waiting')).toEqual([]);
  });

  test('that fails says why, is not repeated, and does not count against the endpoint', async () => {
    const { webhookId } = await hooks.create(server.url);
    server.answers(status(500));
    expect((await hooks.ask('POST', `/${webhookId}/test`, {})).body).toMatchObject({ taken: false, answerStatus: 500 });
    await hooks.change(webhookId, { url: 'https://127.0.0.1:1/' });
    expect((await hooks.ask('POST', `/${webhookId}/test`, {})).body).toMatchObject({
      taken: false,
      answerStatus: null,
      error: expect.stringContaining('not reached'),
    });
    const heard = server.heard.length;
    await strike('scheduled-minute');
    expect(server.heard.length).toBe(heard);
    expect(await hooks.read(webhookId)).toMatchObject({ enabled: true, failingSince: null, waiting: 0 });
    expect((await hooks.log(webhookId)).map(({ state }) => state)).toEqual(['given_up', 'given_up']);
    server.answers(status(204));
  });
});

test('the log is read in pages, and as a table', async () => {
  const { webhookId } = await hooks.create(server.url);
  const events: string[] = [];
  for (let n = 0; n < 5; n++) {
    events.unshift(await happen(world, paymentId));
    await world.clock.advance(1_000);
    await strike('scheduled-minute');
  }
  const first = await hooks.ask('GET', `/${webhookId}/deliveries?limit=3`);
  const page = first.body as { deliveries: { eventId: string }[]; nextCursor: string };
  const second = await hooks.log(webhookId, `limit=3&cursor=${page.nextCursor}`);
  expect([...page.deliveries, ...second].map(({ eventId }) => eventId)).toEqual(events);
  const response = await world.send('GET', `/api/webhooks/${webhookId}/deliveries?format=csv`, {
    headers: await signedIn(world, 'treasurer'),
  });
  const lines = (await response.text()).trim().split(/\r?\n/);
  expect([response.headers.get('content-type'), lines.length]).toEqual(['text/csv; charset=utf-8', 6]);
  expect(await hooks.ask('GET', `/${newId()}/deliveries`)).toMatchObject({ status: 404 });
});

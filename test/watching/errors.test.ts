import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { newId } from '#ground/db/columns.ts';
import { purgeFailures } from '#ground/failures/keep-failure.ts';
import { noteFailure } from '#ground/failures/note-failure.ts';
import { newPhone, push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Heard, type Listener, startListener } from './listener.ts';

let world: World;
let sink: Listener;
let treasurer: { authorization: string };
beforeAll(async () => {
  sink = await startListener();
  const ERROR_SINK_DSN = `${sink.url.replace('//', '//thekey@')}/errors/42`;
  world = await startWorld({ environment: { ERROR_SINK_DSN, RETAIN_ERRORS_DAYS: '30' } });
});
afterAll(async () => {
  await world.stop();
  sink.stop();
});
beforeEach(async () => {
  await world.database.sql('delete from failures');
  sink.heard.length = 0;
  await world.clock.advance(60_000); // what one process does in a minute is bounded
  treasurer = await signedIn(world, 'treasurer');
});

type Entry = {
  errorId: string;
  kind: string;
  what: string;
  error: string;
  message: string;
  count: number;
  requestIds: string[];
  lastAt: string;
};
const list = async (query = '', headers = treasurer) => {
  const response = await world.send('GET', `/api/errors?${query}`, { headers });
  expect(response.status).toBe(200);
  return (await response.json()) as { errors: Entry[]; nextCursor: string | null };
};

/** Makes what is done fail inside the database, in words that name somebody. */
async function broken(table: string, act: () => Promise<unknown>): Promise<void> {
  await world.database.sql(`create function spoil() returns trigger language plpgsql as $$ begin
    raise exception 'cannot keep "Wanjiru Kamau" with 0712 345 678 of 77 in row ${newId()}' using errcode = 'XX001'; end $$`);
  await world.database.sql(`create trigger spoil before insert or update on ${table} for each statement execute function spoil()`);
  try {
    await act();
  } finally {
    await world.database.sql('drop function spoil() cascade');
  }
}
const ask = () => world.send('POST', '/api/payments/stk-push', { body: { phoneNumber: newPhone(), items: [{ sku: 'coffee' }] } });

describe('a request that ends as a 500', () => {
  test('is one entry for all alike, with first, last, how often and the last request ids, and without what is personal', async () => {
    const ids: (string | null)[] = [];
    await broken('attempts', async () => {
      for (let n = 0; n < 7; n++) {
        const response = await ask();
        expect(response.status).toBe(500);
        ids.push(response.headers.get('x-request-id'));
        await world.clock.advance(1_000);
      }
    });
    const { errors } = await list('kind=request');
    expect(errors).toEqual([
      {
        ...{ errorId: expect.any(String), kind: 'request', what: 'POST /api/payments/stk-push', count: 7 },
        ...{ error: expect.stringContaining('XX001'), message: 'cannot keep "…" with •••# of # in row #' },
        ...{ firstAt: expect.any(String), lastAt: expect.any(String), requestIds: ids.reverse().slice(0, 5) },
      },
    ]);
    expect(JSON.stringify(errors)).not.toMatch(/Wanjiru|0712/);
  });

  test('is told to the error sink in its envelope, without what is personal', async () => {
    await broken('attempts', ask);
    expect(sink.heard).toHaveLength(1);
    const { path, headers, body } = sink.heard[0] as Heard;
    expect(path).toBe('/errors/api/42/envelope/');
    expect(headers['x-sentry-auth']).toBe('Sentry sentry_version=7, sentry_client=malipo/1, sentry_key=thekey');
    const [header, item, event] = body.split('\n').map((line) => JSON.parse(line));
    expect(item).toEqual({ type: 'event' });
    expect(event).toMatchObject({
      event_id: header.event_id,
      transaction: 'POST /api/payments/stk-push',
      environment: 'sandbox',
      level: 'error',
    });
    expect(event.event_id).toMatch(/^[0-9a-f]{32}$/);
    expect(body).not.toMatch(/Wanjiru|0712/);
  });

  test('is answered at once, also where the sink never answers or refuses', async () => {
    for (const status of ['silence', 500, 302] as const) {
      sink.answer.status = status;
      await broken('attempts', async () => {
        const began = performance.now();
        const response = await world.send('POST', '/api/payments/stk-push', {
          body: { phoneNumber: newPhone(), items: [{ sku: 'coffee' }] },
          patient: false,
        });
        expect([response.status, performance.now() - began < 2_000]).toEqual([500, true]);
        await world.settled();
        if (status === 'silence') expect(performance.now() - began).toBeGreaterThan(2_900); // it was waited for after the answer
      });
    }
    sink.answer.status = 200;
    expect((await list()).errors).toMatchObject([{ count: 3 }]);
    expect(world.logLines.filter((line) => line.includes('error_sink_not_reached')).length).toBeGreaterThanOrEqual(3);
    expect(world.logLines.join()).not.toContain('thekey');
  });

  test('is not written where the error log itself is what fails, and is a 500 like any other', async () => {
    await broken('attempts', async () => {
      await world.database.sql('alter table failures rename to elsewhere');
      expect((await ask()).status).toBe(500);
      await world.database.sql('alter table elsewhere rename to failures');
    });
    expect(world.logLines.some((line) => line.includes('failure_not_kept'))).toBe(true);
  });

  test('opens a task with the entry as its subject, once, which closes when a day passes without', async () => {
    await broken('attempts', async () => void (await ask()));
    const [entry] = (await list()).errors;
    await world.pass(2);
    const tasks = () =>
      world.database.sql<{ open: boolean; words: string }>(
        "select closed_at is null as open, words from reviews where kind = 'request_failed' and subject = $1 order by opened_at",
        [entry?.errorId],
      );
    expect(await tasks()).toEqual([{ open: true, words: expect.stringMatching(/^POST \/api\/payments\/stk-push: \S+ XX001$/) }]);
    const [task] = await world.database.sql<{ id: string }>("select id from reviews where kind = 'request_failed' and closed_at is null");
    expect((await world.send('POST', `/api/tasks/${task?.id}/close`, { body: { note: 'mended' }, headers: treasurer })).status).toBe(200);
    await world.pass(2);
    expect((await tasks()).map(({ open }) => open)).toEqual([false]); // nothing failed since
    await broken('attempts', async () => void (await ask()));
    await world.pass(1);
    expect((await tasks()).map(({ open }) => open)).toEqual([false, true]);
    await world.clock.advance(25 * 3_600_000);
    await strike('scheduled-minute');
    expect((await tasks()).map(({ open }) => open)).toEqual([false, false]);
  });
});

test('what was refused in words is no failure, nor is a database that is away', async () => {
  expect((await world.send('GET', '/api/payments/nonsense')).status).toBe(400);
  expect((await world.send('GET', `/api/payments/${newId()}`)).status).toBe(404);
  const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  await noteFailure(world.app, { kind: 'request', what: 'GET /', error: away });
  expect((await list()).errors).toEqual([]);
  expect(sink.heard).toHaveLength(1); // the sink is told of it: it is not what failed
});

test('a callback that fails, and what was to follow one, are told apart, by the path without its token', async () => {
  const { prompt } = await push(world);
  await broken('evidence', async () => {
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.clock.advance(5_000);
    await world.settled();
  });
  const entry = (await list()).errors.find(({ kind }) => kind === 'callback');
  expect(entry).toMatchObject({ what: 'POST /api/callbacks/stk/:token', count: 1, requestIds: [expect.any(String)] });
});

test('a step that fails is an entry and a task; the task closes when the step works again, and is not opened twice', async () => {
  const tasks = () =>
    world.database.sql("select closed_at is null as open from reviews where kind = 'job_failed' and subject = 'expire_bookings'");
  await world.database.sql('alter table bookings rename to elsewhere');
  await strike('scheduled-minute');
  await strike('scheduled-minute');
  await world.database.sql('alter table elsewhere rename to bookings');
  expect((await list('kind=job')).errors.filter(({ what }) => what === 'expire_bookings')).toMatchObject([
    { count: 2, error: expect.stringContaining('42P01') },
  ]);
  expect(await tasks()).toEqual([{ open: true }]);
  await strike('scheduled-minute');
  expect(await tasks()).toEqual([{ open: false }]);
});

describe('however much fails', () => {
  const fail = (n: number) => noteFailure(world.app, { kind: 'request', what: 'GET /api/x', error: new Error('no'), requestId: `r${n}` });

  test('one process writes a bounded number a minute, and loses no count while it goes on', async () => {
    for (let n = 0; n < 200; n++) await fail(n);
    expect(sink.heard).toHaveLength(20);
    expect((await list()).errors).toMatchObject([{ count: 20 }]);
    await world.clock.advance(60_000);
    await fail(200);
    expect((await list()).errors).toMatchObject([{ count: 201, requestIds: ['r200', 'r199', 'r198', 'r197', 'r196'] }]);
  });

  test('a burst of errors of many kinds blinds nobody: a new minute writes what waits and what is new, and forged callbacks always', async () => {
    const letters = (n: number) => String.fromCharCode(97 + Math.floor(n / 26), 97 + (n % 26));
    const failAs = (what: string, kind: 'request' | 'forged' = 'request') => noteFailure(world.app, { kind, what, error: new Error('no') });
    for (let n = 0; n < 150; n++) await failAs(letters(n));
    expect((await list('limit=200')).errors).toHaveLength(20);
    await failAs('callbacks', 'forged');
    expect((await list('kind=forged')).errors).toMatchObject([{ what: 'callbacks', count: 1 }]);
    await world.clock.advance(60_000);
    await failAs('after the burst');
    const whats = (await list('limit=200')).errors.map(({ what }) => what);
    expect(whats).toHaveLength(20 + 1 + 20);
    expect(whats).toEqual(expect.arrayContaining(['after the burst', letters(60)]));
    for (let n = 0; n < 5; n++) {
      await world.clock.advance(60_000);
      await failAs('after the burst');
    }
    expect((await list('limit=200')).errors.length).toBe(20 + 1 + 1 + 99);
  });

  test('at once, all are counted in one entry', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, n) => fail(n)));
    expect((await list()).errors).toMatchObject([{ count: 12 }]);
  });

  test('errors that differ only in numbers, ids and what is quoted are alike; other errors are not', async () => {
    const throwing = (message: string, name = 'Error') => Object.assign(new Error(message), { name });
    for (const error of [
      throwing('no row 17 of "A"'),
      throwing('no row 18 of "B"'),
      throwing('no table'),
      throwing('no row 1 of "A"', 'TypeError'),
      'text',
      undefined,
    ])
      await noteFailure(world.app, { kind: 'request', what: 'GET /api/x', error });
    const { errors } = await list();
    expect(errors.map(({ error, message, count }) => `${error}: ${message} ${count}`).sort()).toEqual([
      'Error: no row # of "…" 2',
      'Error: no table 1',
      'TypeError: no row # of "…" 1',
      'string:  1',
      'undefined:  1',
    ]);
  });
});

describe('callbacks that are not believed', () => {
  const forge = () => world.send('POST', '/api/callbacks/stk/nonsense', { body: {} });

  test('cost nothing one by one; a burst is counted once a minute, and opens a task that closes after a quiet hour', async () => {
    for (let n = 0; n < 9; n++) expect((await forge()).status).toBe(404);
    expect((await list('kind=forged')).errors).toEqual([]);
    for (let n = 0; n < 50; n++) await forge();
    expect((await list('kind=forged')).errors).toMatchObject([{ what: 'callbacks', count: 10 }]);
    await world.clock.advance(60_000);
    const [attempt] = [makeCallbackToken(world.app.config.callback.tokenKeys, 'b2c', newId())];
    for (let n = 0; n < 10; n++) await world.send('POST', `/api/callbacks/stk/${attempt}`, { body: {} }); // a token of another kind
    expect((await list('kind=forged')).errors).toMatchObject([{ count: 20 }]);
    const tasks = () => world.database.sql("select closed_at is null as open from reviews where kind = 'callbacks_forged'");
    await world.pass(2);
    expect(await tasks()).toEqual([{ open: true }]);
    await world.clock.advance(62 * 60_000);
    await strike('scheduled-minute');
    expect(await tasks()).toEqual([{ open: false }]);
  });
});

describe('the list', () => {
  const put = (n: number, kind = 'request') =>
    world.database.sql(
      `insert into failures (id, fingerprint, kind, what, error, message, first_at, last_at, count, request_ids)
       values ($1, $2, $3, 'GET /api/x', 'Error', 'no', $4, $4, 1, '{a,b}')`,
      [newId(), `f${n}`, kind, new Date(world.clock.now().getTime() - n * 60_000)],
    );

  test('is paged from the latest, filtered by kind, and a sheet', async () => {
    for (let n = 0; n < 5; n++) await put(n, n % 2 ? 'job' : 'request');
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await list(`limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.errors.map(({ lastAt }) => lastAt));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([...seen].sort().reverse());
    expect(new Set(seen).size).toBe(5);
    expect((await list('kind=job')).errors).toHaveLength(2);
    const sheet = await world.send('GET', '/api/errors?format=csv', { headers: treasurer });
    expect(await sheet.text()).toContain('a b');
  });

  test('is for treasurers and administrators, and says what is wrong with a query', async () => {
    expect((await world.send('GET', '/api/errors')).status).toBe(401);
    for (const headers of [await signedIn(world, 'member'), await operator(world, 'tasks:read', 'letters:read', 'reports:read')])
      expect((await world.send('GET', '/api/errors', { headers })).status).toBe(403);
    expect((await world.send('GET', '/api/errors', { headers: await signedIn(world, 'admin') })).status).toBe(200);
    for (const query of ['kind=x', 'limit=0', 'limit=201', 'cursor=x', 'format=xml', 'page=0', 'page=2&cursor=x'])
      expect([query, (await world.send('GET', `/api/errors?${query}`, { headers: treasurer })).status]).toEqual([query, 400]);
  });

  test('forgets what did not fail for RETAIN_ERRORS_DAYS days', async () => {
    await put(31 * 24 * 60);
    await put(29 * 24 * 60);
    expect(await purgeFailures(world.app, new Date(world.clock.now().getTime() + 60_000))).toBe(1);
    expect((await list()).errors).toHaveLength(1);
  });
});

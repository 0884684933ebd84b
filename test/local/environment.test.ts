import { afterEach, expect, test } from 'vitest';
import { connect } from '#ground/db/client.ts';
import { innermost } from '#ground/db/errors.ts';
import { waitingPrompt } from '../attacks/waiting-prompt.ts';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const claim = (database: FreshDatabase, environment: string) =>
  database.sql('insert into database_environment (environment, claimed_at) values ($1, now())', [environment]);
const prompt = (at: World) =>
  at.send('POST', '/api/payments/stk-push', {
    body: { phoneNumber: '0712345678', items: [{ sku: 'coffee' }] },
    headers: { 'idempotency-key': crypto.randomUUID() },
  });
/** How many rows each table holds. */
const rows = (at: World) =>
  at.database.sql(
    "select table_name, (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I', table_name), false, true, '')))[1]::text as n from information_schema.tables where table_schema = 'public' order by 1",
  );

test("a sandbox's prompts, callbacks and jobs are refused by production's database, in words, and change nothing in it", async () => {
  const paying = await startWorld();
  const { path, paidBody } = await waitingPrompt(paying);
  await paying.stop();

  const database = await freshDatabase();
  await claim(database, 'production');
  world = await startWorld({ database });
  const before = await rows(world);
  expect((await prompt(world)).status).toBe(500);
  const told = await world.send('POST', path, { body: paidBody });
  expect(told.status).toBe(500);
  expect((await world.send('GET', '/api/health')).status).toBe(503);
  await world.pass(1);
  expect(await rows(world)).toEqual(before);
  expect(world.simulator.control.prompts()).toEqual([]);
  const said = world.logLines.map((line) => JSON.parse(line) as { event: string; message?: string });
  for (const event of ['request_failed', 'callback_failed', 'health_failed', 'job_step_failed'])
    expect(said.find((line) => line.event === event)?.message, event).toMatch(
      /^This database belongs to the production environment of M-PESA, and MPESA_ENV is sandbox/,
    );
});

test('the question whose the database is costs no round trip, and is asked until it was answered once', async () => {
  const database = await freshDatabase();
  await claim(database, 'sandbox');
  const db = connect(database.url, undefined, { environment: 'sandbox' });
  expect((await db.execute('select 7 as n')).rows).toEqual([{ n: 7 }]);
  expect(await database.traffic()).toMatchObject({ http: 1, statements: 2 });
  await db.execute('select 8 as n');
  await db.batch([db.execute('select 1'), db.execute('select 2')]);
  expect(await database.traffic()).toMatchObject({ http: 3, statements: 5 });
  await db.close();
  await database.drop();
});

test('a batch, a query of columns and a transaction are answered as ever when they come first', async () => {
  const database = await freshDatabase();
  await claim(database, 'sandbox');
  const fresh = () => connect(database.url, undefined, { environment: 'sandbox' });
  const [one, two] = [fresh(), fresh()];
  const [a, b] = await one.batch([one.execute('select 1 as n'), one.execute('select 2 as n')]);
  expect([a.rows, b.rows]).toEqual([[{ n: 1 }], [{ n: 2 }]]);
  const read = await two.transaction(async (tx) => (await tx.execute('select 3 as n')).rows);
  expect(read).toEqual([{ n: 3 }]);
  await expect(one.execute('select 1 / 0')).rejects.toMatchObject({ cause: { code: '22012' } });
  await Promise.all([one.close(), two.close()]);
  await database.drop();
});

test('a transaction of the other environment is refused before its work begins', async () => {
  const database = await freshDatabase();
  await claim(database, 'production');
  const db = connect(database.url, undefined, { environment: 'sandbox' });
  let begun = false;
  const work = db.transaction(async () => {
    begun = true;
  });
  expect(innermost(await work.catch((error: unknown) => error))).toMatchObject({ code: 'MP003' });
  expect(begun).toBe(false);
  await db.close();
  await database.drop();
});

test('a database that nobody has claimed refuses nobody', async () => {
  const database = await freshDatabase();
  for (const environment of ['sandbox', 'production'] as const) {
    const db = connect(database.url, undefined, { environment });
    expect((await db.execute('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await db.close();
  }
  await database.drop();
});

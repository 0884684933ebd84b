import { globSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { countByKey, encryptedColumns } from '#ground/db/encrypted-columns.ts';
import { decrypt, encrypt, installKeys } from '#ground/db/encryption.ts';
import { rotateTable } from '#ground/db/rotate-table.ts';
import type { Db } from '#ground/db/types.ts';
import { promiseFormerNotice } from '#people/people/access-notices.ts';
import { loadSchemas } from '../../dev/keys/load-schemas.ts';
import { runRotateKeys } from '../../dev/rotate-keys.ts';
import { newPhone, push, statusOf } from '../world/checkout.ts';
import { signInAs } from '../world/people.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, testKey, type World } from '../world/world.ts';
import { columnsLike, KEYS, said, secretKey, useKeys } from './upkeep.ts';

let world: World;
let db: Db;
let paymentId: string;
const OLD = `k1:${testKey('e')}`;
const NEW = `k2:${testKey('n')}`;
const BOTH = [
  { id: 'k2', key: secretKey('n') },
  { id: 'k1', key: secretKey('e') },
];
const rotate = (keys: string, ...argv: string[]) =>
  said(runRotateKeys, argv, { ...KEYS, ENCRYPTION_KEYS: keys, DATABASE_URL: world.database.url });
const listed = async () => encryptedColumns(await loadSchemas()).map(({ table, column }) => `${table}.${column}`);
/** How many values are under each key, in every column of text there is. */
async function counted(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of await columnsLike(world.database, '^v1\\.')) {
    const [table, column] = name.split('.');
    const rows = await world.database.sql<{ id: string; n: number }>(
      `select split_part(${column}, '.', 2) as id, count(*)::int as n from ${table} where ${column} like 'v1.%' group by 1`,
    );
    for (const { id, n } of rows) counts[id] = (counts[id] ?? 0) + n;
  }
  return counts;
}

beforeAll(async () => {
  world = await startWorld();
  db = world.app.db;
  const treasurer = await signedIn(world, 'treasurer');
  for (let n = 0; n < 3; n++) {
    const phoneNumber = newPhone();
    world.simulator.control.setBalance(phoneNumber, 100_000);
    const pushed = await push(
      world,
      { phoneNumber, name: 'Wanjiru Kamau', email: 'wanjiru@example.com', metadata: { table: '7' } },
      { 'idempotency-key': `key-number-${n}` },
    );
    paymentId = pushed.paymentId;
    await world.simulator.control.answer(pushed.prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(1);
  }
  await world.send('POST', '/api/payouts', { body: { phoneNumber: newPhone(), amount: 100, reason: 'Supplier' }, headers: treasurer });
});
afterAll(() => world.stop());
beforeEach(() => installKeys({ ...world.app.config.keys }));

test('no encrypted column is forgotten: neither of the schemas nor of what the database holds', async () => {
  const columns = await listed();
  const declared = globSync('src/**/*.schema.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/: encrypted\('(\w+)'\)/g)].map(([, name]) => name),
  );
  expect(
    columns
      .filter((name) => name !== 'idempotency_keys.body' && name !== 'outbox.message') // sealed by hand
      .map((name) => name.split('.')[1])
      .sort(),
  ).toEqual(declared.sort());
  const held = await columnsLike(world.database, '^v1\\.\\w+\\.');
  expect(held.length).toBeGreaterThan(6);
  expect(held.filter((name) => !columns.includes(name))).toEqual([]);
});

test('what somebody writes at the same moment stays as they wrote it', async () => {
  installKeys({ ...world.app.config.keys, encryption: BOTH });
  const [person] = await world.database.sql<{ id: string }>('select id from people limit 1');
  const theirs = encrypt('Another name', 'name');
  let interfered = false;
  const racing: Db = {
    ...db,
    query: async (text, params) => {
      if (!interfered && text.startsWith('update people')) {
        interfered = true;
        await world.database.sql('update people set name = $2 where id = $1', [person?.id, theirs]);
      }
      return db.query(text, params);
    },
  };
  await rotateTable(racing, { table: 'people', columns: [{ table: 'people', column: 'name' }], current: 'k2' });
  const [now] = await world.database.sql<{ name: string }>('select name from people where id = $1', [person?.id]);
  expect([interfered, now?.name]).toEqual([true, theirs]);
});

test('cut off in the middle, it goes on where it was; nothing is under two keys for those who read', async () => {
  installKeys({ ...world.app.config.keys, encryption: BOTH });
  let writes = 0;
  const dying: Db = {
    ...db,
    query: async (text, params) => {
      if (text.trimStart().startsWith('update') && ++writes > 2) throw new Error('killed');
      return db.query(text, params);
    },
  };
  const columns = ['phone', 'email', 'name', 'metadata_sealed'].map((column) => ({ table: 'payments', column }));
  await expect(rotateTable(dying, { table: 'payments', columns, current: 'k2' })).rejects.toThrow('killed');
  expect(Object.keys(await counted()).sort()).toEqual(['k1', 'k2']);
  useKeys(world, { encryption: BOTH });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  useKeys(world, {});
});

test('where an e-mail was until now waits in a message, and is brought under the new key with all else', async () => {
  const [person] = await world.database.sql<{ id: string }>('select id from people limit 1');
  await db.transaction((tx) => promiseFormerNotice(tx, person?.id ?? '', 'was@example.com', world.clock.now()));
  const waiting = async () =>
    (
      await world.database.sql<{ at: string }>(
        "select message ->> 'formerAddress' as at from outbox where message ->> 'formerAddress' is not null",
      )
    ).map(({ at }) => at);
  const rows = await world.database.sql("select message - 'formerAddress' as rest from outbox order by id");
  expect(await waiting()).toEqual([expect.stringMatching(/^v1\.k1\./)]);
  installKeys({ ...world.app.config.keys, encryption: BOTH });
  const own = encryptedColumns(await loadSchemas()).filter(({ table }) => table === 'outbox');
  expect((await countByKey(db, own)).get('k1')).toBe(1);
  expect(await rotateTable(db, { table: 'outbox', columns: own, current: 'k2' })).toEqual({ done: 1, unreadable: 0 });
  expect([...(await countByKey(db, own)).keys()]).toEqual(['k2']);
  expect((await waiting()).map((at) => decrypt(at, 'email'))).toEqual(['was@example.com']);
  expect(await world.database.sql("select message - 'formerAddress' as rest from outbox order by id")).toEqual(rows);
});

test('the command counts, rotates all, and says when the earlier key can go', async () => {
  const hashes = await world.database.sql('select id, body_hash, verdict, received_at from evidence order by id');
  expect(await rotate(`${NEW},${OLD}`, '--count')).toMatchObject({ code: 1, text: expect.stringMatching(/under k1, .* under k2/) });
  const { code, text } = await rotate(`${NEW},${OLD}`);
  expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining('Nothing in the database needs k1.') });
  expect(Object.keys(await counted())).toEqual(['k2']);
  expect(await world.database.sql('select id, body_hash, verdict, received_at from evidence order by id')).toEqual(hashes);
  expect(await rotate(`${NEW},${OLD}`)).toMatchObject({ code: 0, text: expect.not.stringContaining('are now under') });
});

test('without the earlier key everything is still read, and new rows are under the new one', async () => {
  useKeys(world, { encryption: BOTH.slice(0, 1) });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  const admin = await signInAs(world, 'admin').catch(() => undefined);
  const { paymentId: another } = await push(world);
  const [row] = await world.database.sql<{ phone: string }>('select phone from payments where id = $1', [another]);
  expect([row?.phone.slice(0, 6), decrypt(row?.phone ?? '', 'phone').slice(0, 3)]).toEqual(['v1.k2.', '254']);
  expect(admin).toBeDefined();
  useKeys(world, {});
});

test('values that no key here can read are counted and left, and the command fails', async () => {
  const only = `k3:${testKey('z')}`;
  const { code, text } = await rotate(only);
  expect({ code, text }).toEqual({ code: 1, text: expect.stringContaining('cannot be read with the keys') });
  expect(Object.keys(await counted())).toEqual(['k2']);
});

test('where the site still writes under the earlier key, the command says so', async () => {
  installKeys({ ...world.app.config.keys });
  const [person] = await world.database.sql<{ id: string }>('select id from people limit 1');
  await world.database.sql('update people set name = $2 where id = $1', [person?.id, encrypt('Akinyi', 'name')]);
  expect(await rotate(`${NEW},${OLD}`, '--count')).toMatchObject({ code: 1, text: expect.stringContaining('1 under k1') });
  expect(await rotate(`${NEW},${OLD}`)).toMatchObject({ code: 0 });
});

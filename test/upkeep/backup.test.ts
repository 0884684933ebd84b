import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLock } from '../../dev/backup/backup-key.ts';
import { verifyBackup } from '../../dev/backup/read-backup.ts';
import { runBackup } from '../../dev/backup.ts';
import { runRestore } from '../../dev/restore.ts';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { testKey } from '../world/world.ts';
import { backUp, folder, KEYS, said } from './upkeep.ts';

let database: FreshDatabase;
const dir = folder();
const whole = path.join(dir, 'whole.backup');
const check = (file: string, keys: NodeJS.ProcessEnv = KEYS, more: string[] = []) => said(runRestore, [file, '--check', ...more], keys);

/** The VAT rates that migrations put in. */
const SEEDED_RATES = 5;

/** Rows that need more than one frame, and hold whatever text may hold. */
const ROWS = 20_000;

beforeAll(async () => {
  database = await freshDatabase();
  await database.sql(
    `insert into audit (id, actor, action, subject, after, happened_at)
     select gen_random_uuid(), 'a\\b' || chr(9) || chr(10) || n, md5(n::text) || md5((n + 1)::text), E'\\\\N', jsonb_build_object('n', n, 'text', md5(random()::text)), now()
     from generate_series(1, ${ROWS}) n`,
  );
  expect(await backUp(database.url, whole)).toMatchObject({ code: 0 });
});
afterAll(() => database.drop());

test('a backup says what it holds, and is whole when it is read again', async () => {
  const { code, text } = await check(whole);
  expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(/is whole: \d+ tables, 2\d,\d{3} rows\.$/) });
});

test('nothing of it can be read without the key, and its file is the owner’s alone', async () => {
  const bytes = readFileSync(whole);
  expect([bytes.includes('audit'), bytes.includes('malipo backup 1')]).toEqual([false, true]);
  expect(statSync(whole).mode & 0o777).toBe(0o600);
});

test('an existing file is not replaced', async () => {
  const before = readFileSync(whole);
  expect(await backUp(database.url, whole)).toEqual({ code: 1, text: expect.stringContaining('exists already') });
  expect(readFileSync(whole).equals(before)).toBe(true);
});

describe('what is not whole is refused before anything is restored', () => {
  const changed = (name: string, change: (bytes: Buffer) => Buffer) => {
    const file = path.join(dir, name);
    writeFileSync(file, change(readFileSync(whole)));
    return file;
  };
  /** The head, then the frames with their lengths. */
  const framesOf = (bytes: Buffer) => {
    let at = bytes.indexOf('}\n') + 2;
    const head = bytes.subarray(0, at);
    const frames: Buffer[] = [];
    for (let length = 0; at < bytes.length; at += 4 + length) {
      length = bytes.readUInt32BE(at) & 0x7fffffff;
      frames.push(bytes.subarray(at, at + 4 + length));
    }
    return { head, frames };
  };

  test.each([1, 100, 70_000])('cut off %i bytes before its end', async (missing) => {
    const file = changed(`cut-${missing}`, (bytes) => bytes.subarray(0, bytes.length - missing));
    expect(await check(file)).toEqual({ code: 1, text: expect.stringContaining('was cut off') });
  });
  test('cut off between two frames', async () => {
    const file = changed('cut-frame', (bytes) => {
      const { head, frames } = framesOf(bytes);
      expect(frames.length).toBeGreaterThan(3);
      return Buffer.concat([head, ...frames.slice(0, -1)]);
    });
    expect(await check(file)).toEqual({ code: 1, text: expect.stringContaining('was cut off') });
  });
  test('cut off between two frames, with a lead that says that the one before was the last', async () => {
    const file = changed('cut-marked', (bytes) => {
      const { head, frames } = framesOf(bytes);
      const last = Buffer.from(frames[1] as Buffer);
      last[0] = (last[0] as number) | 0x80;
      return Buffer.concat([head, frames[0] as Buffer, last]);
    });
    expect(await check(file)).toEqual({ code: 1, text: expect.stringContaining('changed or damaged (in its part 2)') });
  });
  test('two frames changed places', async () => {
    const file = changed('swapped', (bytes) => {
      const { head, frames } = framesOf(bytes);
      return Buffer.concat([head, frames[1] as Buffer, frames[0] as Buffer, ...frames.slice(2)]);
    });
    expect(await check(file)).toMatchObject({ code: 1, text: expect.stringContaining('changed') });
  });
  test('a bit of it is another', async () => {
    const file = changed('flipped', (bytes) => {
      const copy = Buffer.from(bytes);
      copy[copy.length - 2_000] = (copy[copy.length - 2_000] as number) ^ 1;
      return copy;
    });
    expect(await check(file)).toMatchObject({ code: 1, text: expect.stringContaining('damaged') });
  });
  test('something was added behind it', async () => {
    const file = changed('longer', (bytes) => Buffer.concat([bytes, Buffer.from('x')]));
    expect(await check(file)).toMatchObject({ code: 1, text: expect.stringContaining('bytes behind its end') });
  });
  test('it is something else', async () => {
    expect(await check(changed('other', () => Buffer.from('PGDMP, and some more bytes')))).toMatchObject({
      code: 1,
      text: expect.stringContaining('no backup of Malipo'),
    });
  });
  test('another key', async () => {
    expect(await check(whole, { ...KEYS, BACKUP_KEY: testKey('x') })).toMatchObject({
      code: 1,
      text: expect.stringContaining('another key'),
    });
  });
});

test('a passphrase from a file locks it as well, and only that opens it', async () => {
  const passphrase = path.join(dir, 'passphrase');
  const file = path.join(dir, 'by-passphrase.backup');
  writeFileSync(passphrase, 'kahawa chungu na tangawizi\n');
  const keys = { DATABASE_URL: database.url };
  expect(await said(runBackup, [file, '--passphrase-file', passphrase], keys)).toMatchObject({ code: 0 });
  expect(await check(file, {}, ['--passphrase-file', passphrase])).toMatchObject({ code: 0 });
  expect(await check(file)).toMatchObject({ code: 1, text: expect.stringContaining('made with a passphrase') });
  writeFileSync(passphrase, 'short');
  expect(await check(file, {}, ['--passphrase-file', passphrase])).toMatchObject({
    code: 1,
    text: expect.stringContaining('fewer than 16'),
  });
});

test('without a lock, a file or a database it says what is missing, and leaves no file', async () => {
  const file = path.join(dir, 'never.backup');
  expect(await backUp(database.url, file, [], {})).toMatchObject({ code: 1, text: expect.stringContaining('Set BACKUP_KEY') });
  expect(await backUp(database.url, file, [], { BACKUP_KEY: 'short' })).toMatchObject({
    code: 1,
    text: expect.stringContaining('32-byte base64'),
  });
  expect(await said(runBackup, [], KEYS)).toMatchObject({ code: 2, text: expect.stringContaining('one file to write to') });
  expect(await backUp(`${database.url}_not_there`, file)).toMatchObject({ code: 1, text: expect.stringContaining('There is no backup') });
  expect(() => readFileSync(file)).toThrow('ENOENT');
});

test('it is of one moment: what one transaction wrote is in all of its tables, or in none', async () => {
  const file = path.join(dir, 'moment.backup');
  const taking = backUp(database.url, file);
  const writing = setInterval(() => {
    const pair = `with sku as (select gen_random_uuid()::text as sku), counted as (insert into counters (key, count) select sku, 1 from sku),
      ended as (insert into ended_sessions (id, ends_at) select sku::uuid, now() from sku)
      insert into vat_rates (vat_class, valid_from, basis_points) select sku, '2026-01-01', 1 from sku`;
    void database.sql(pair).catch(() => undefined);
  }, 2);
  expect(await taking).toMatchObject({ code: 0 });
  clearInterval(writing);
  const { manifest } = await verifyBackup(file, readLock(undefined, KEYS));
  const rowsOf = (table: string) => manifest.tables.find((one) => one.table === table)?.rows ?? 0;
  const [now] = await database.sql<{ n: number }>('select count(*)::int as n from counters');
  expect(now?.n).toBeGreaterThan(rowsOf('counters'));
  expect([rowsOf('ended_sessions'), rowsOf('vat_rates') - SEEDED_RATES]).toEqual([rowsOf('counters'), rowsOf('counters')]);
});

import { sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { isDoubtedSql, isTrustedByOneSql } from '#mpesa/paybill/payer-of.ts';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { putRow } from '../world/put-row.ts';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(() => database.sql('truncate reviews, deposits cascade'));

test.each([
  ['receipt_told_twice', {}, true],
  ['receipt_payer_differs', {}, true],
  ['receipt_words_differ', {}, true],
  ['receipt_doubted', {}, true],
  ['receipt_doubted', { closed_at: '2026-11-21T09:00:00Z' }, false],
  ['receipt_doubted', { subject: 'another' }, false],
  ['surplus_payment', {}, false],
])('an open task of a deposit doubts its money: %s %j', async (kind, row, doubted) => {
  const id = await putRow(database, 'deposits', { source: 'c2b', receipt: 'UKL0000001' });
  await putRow(database, 'reviews', { kind, subject: id, ...row });
  const { sql: text } = new PgDialect().sqlToQuery(sql`select ${isDoubtedSql(sql`d`)} as doubted from deposits d`);
  expect(await database.sql(text)).toEqual([{ doubted }]);
});

test.each([
  ['receipt_told_twice', { closed_by: 'person:1' }, true],
  ['receipt_doubted', { closed_by: 'person:1' }, true],
  ['receipt_doubted', { closed_by: 'malipo' }, false], // a pull or a statement has decided it
  ['receipt_doubted', { closed_at: null }, false],
  ['surplus_payment', { closed_by: 'person:1' }, false],
])('a doubt that one person has ended is remembered: %s %j', async (kind, row, trusted) => {
  const id = await putRow(database, 'deposits', { source: 'c2b', receipt: 'UKL0000001' });
  await putRow(database, 'reviews', { kind, subject: id, closed_at: '2026-11-21T09:00:00Z', ...row });
  const { sql: text } = new PgDialect().sqlToQuery(sql`select ${isTrustedByOneSql(sql`d`)} as trusted from deposits d`);
  expect(await database.sql(text)).toEqual([{ trusted }]);
});

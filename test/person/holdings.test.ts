import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOLDINGS, OF_NOBODY } from '#desk/person/holdings/holdings.ts';
import { encryptedColumns } from '#ground/db/encrypted-columns.ts';
import { lookupColumns } from '#ground/db/lookup-columns.ts';
import { loadSchemas } from '../../dev/keys/load-schemas.ts';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';

let database: FreshDatabase;
let tables: PgTable[];
beforeAll(async () => {
  database = await freshDatabase();
  tables = (await loadSchemas()).flatMap((schema) => Object.values(schema).filter((one): one is PgTable => is(one, PgTable)));
});
afterAll(() => database.drop());

const answered = (table: string, column: string): boolean => {
  const holding = HOLDINGS.find((one) => one.table === table);
  if (holding === undefined) return table in OF_NOBODY;
  return holding.forgets === 'row' || column in holding.forgets || column in (holding.keeps ?? {});
};

test('every table is listed, as one that holds something of a person or as one that does not', () => {
  const listed = [...new Set(HOLDINGS.map(({ table }) => table)), ...Object.keys(OF_NOBODY)].sort();
  expect(listed).toEqual(tables.map((table) => getTableName(table)).sort());
});

test('every encrypted column and every hash of a person is removed, or kept for a reason', async () => {
  const hashes = await lookupColumns({ query: async (text, params) => ({ rows: await database.sql(text, params as unknown[]) }) });
  const all = [...encryptedColumns(await loadSchemas()), ...hashes];
  expect(all.length).toBeGreaterThan(60);
  expect(all.filter(({ table, column }) => !answered(table, column)).map(({ table, column }) => `${table}.${column}`)).toEqual([]);
});

test('so is every column that may hold words: a new one has to be answered for', () => {
  const words = tables.flatMap((table) =>
    Object.values(getTableColumns(table)).flatMap((column) =>
      /^(text|jsonb)$/.test(column.getSQLType()) && !column.enumValues?.length ? [{ table: getTableName(table), column: column.name }] : [],
    ),
  );
  const codes =
    /^(reference|receipt|status|state|kind|language|shortcode|account|typed|caller|job|[a-z_]*_(by|id|code|to|account|receipt|status|state|reference|reason|code)|id|source|says|refusal|reason_type|purpose|line_key|dedupe_key|actor|action|request_id|verdict|url|fingerprint|method|direction|scope|key)$/;
  expect(
    words.filter(({ table, column }) => !codes.test(column) && !answered(table, column)).map(({ table, column }) => `${table}.${column}`),
  ).toEqual([]);
});

test('what is listed exists: no column is answered for that is none', () => {
  const columns = new Map(tables.map((table) => [getTableName(table), Object.values(getTableColumns(table)).map(({ name }) => name)]));
  const strangers = HOLDINGS.flatMap(({ table, forgets, keeps = {} }) =>
    [...(forgets === 'row' ? [] : Object.keys(forgets)), ...Object.keys(keeps)]
      .filter((column) => !columns.get(table)?.includes(column))
      .map((column) => `${table}.${column}`),
  );
  expect(strangers).toEqual([]);
});

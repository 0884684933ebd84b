import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test('a check that drizzle/schema.sql prints is one that PostgreSQL takes', async () => {
  const [, printed] = /constraint payouts_subject_id (check \(.*\))[,\n]/.exec(readFileSync('drizzle/schema.sql', 'utf8')) ?? [];
  expect(printed).toBeDefined();
  await database.sql(`create table page (subject text, subject_id uuid, ${printed})`);
});

import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connect } from '#ground/db/client.ts';
import type { Db } from '#ground/db/types.ts';
import { fillLoans } from '../../../bench/fill-loans.ts';
import { penalties } from '../../../bench/penalties.ts';
import { reminders } from '../../../bench/reminders.ts';
import { type FreshDatabase, freshDatabase } from '../../world/database.ts';

const LOANS = 400;
const EVERYTHING = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

let database: FreshDatabase;
let client: pg.Client;
let db: Db;
beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${database.name}`);
  await client.connect();
  db = connect(database.url);
  await fillLoans(client, LOANS);
});
afterAll(async () => {
  await client.end();
  await db.close();
  await database.drop();
});

test.each([penalties, reminders])('the benchmark of $name measures three ways to write the same', async ({ raw, ours, loop, effects }) => {
  const written = async (work: () => Promise<unknown>) => {
    await client.query('truncate penalties, waivers, outbox, runs');
    await work();
    const all = effects.replace('(select member_id from loans where id = $1)', '$1');
    return (await client.query(all, [EVERYTHING])).rows;
  };
  const byOurs = await written(() => ours(db));
  expect(JSON.stringify(byOurs)).toContain('"digests":[440,'); // an SMS to each, and an e-mail to every tenth
  expect(await written(() => raw(client))).toEqual(byOurs);
  expect(await written(() => loop(client, LOANS))).toEqual(byOurs);
  expect(await ours(db)).toMatchObject({ finished: true });
});

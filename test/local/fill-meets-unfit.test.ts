import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { migrate } from '#ground/db/migrate.ts';

const postgres = (database: string) => `postgres://postgres@127.0.0.1:${inject('postgresPort')}/${database}`;

/* Decision 28: "Rows that do not fit are named by their keys, at most five of each rule, and the command fails until somebody has mended them." */
test('an older payout that another new rule refuses is named, and all others are filled', async () => {
  const earlier = mkdtempSync(path.join(tmpdir(), 'malipo-0037-'));
  cpSync('drizzle', earlier, { recursive: true });
  for (const each of ['fill', 'concurrently']) rmSync(path.join(earlier, each), { recursive: true });
  const file = path.join(earlier, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(file, 'utf8'));
  journal.entries = journal.entries.filter(({ tag }: { tag: string }) => tag < '0038');
  writeFileSync(file, JSON.stringify(journal));
  const admin = new pg.Client(postgres('postgres'));
  await admin.connect();
  const name = `malipo_${randomBytes(6).toString('hex')}`;
  const url = `postgres://postgres@127.0.0.1:${inject('neonPort')}/${name}`;
  await admin.query(`create database ${name}`);
  await migrate(url, { folder: earlier });
  const db = new pg.Client(postgres(name));
  await db.connect();
  await db.query(`
    insert into payouts (id, reference, kind, source_account, subject, amount_cents, parts_cents, state, caller, requested_by, requested_at)
    select gen_random_uuid(), 'P' || n, case n when 7 then 'float' else 'refund' end, 'refunds', gen_random_uuid()::text, 100, array[100], 'paid', 'c', 'c', now() from generate_series(1, 30) n`);
  const said = await migrate(url).then(
    () => 'migrated',
    (error: Error) => error.message,
  );
  const { rows } = await db.query('select id, kind from payouts where subject_id is null');
  await db.end();
  await admin.query(`drop database ${name} with (force)`);
  await admin.end();
  rmSync(earlier, { recursive: true, force: true });
  expect(said).toContain('payouts, payouts_kind: 1 rows, as {"id":');
  expect(rows.map(({ kind }) => kind)).toEqual(['float']);
});

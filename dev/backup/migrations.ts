import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import * as z from 'zod';

const FOLDER = path.resolve(import.meta.dirname, '../../drizzle');

const Journal = z.looseObject({ entries: z.array(z.looseObject({ tag: z.string(), when: z.number() })) });
type Journal = z.output<typeof Journal>;

const readJournal = (folder: string): Journal => Journal.parse(JSON.parse(readFileSync(path.join(folder, 'meta/_journal.json'), 'utf8')));

/** The name of the migration at which a database is. Throws where it is one that this release does not know, or one before backups. */
export async function tagOfLast(client: pg.Client, folder = FOLDER): Promise<string> {
  const { rows } = await client.query<{ at: string | null; detaches: boolean }>(
    "select max(created_at)::text as at, to_regclass('public.detachments') is not null as detaches from drizzle.__drizzle_migrations",
  );
  const entry = readJournal(folder).entries.find(({ when }) => String(when) === rows[0]?.at);
  if (!entry) throw new Error('This database is newer than this release: back it up with the release that runs on it.');
  if (!rows[0]?.detaches) throw new Error('This database is older than backups: run `npm run db:migrate` first.');
  return entry.tag;
}

/** A folder with the migrations up to one of them, for a database of that time. Throws where this release has none of that name. */
export function migrationsUpTo(tag: string, folder = FOLDER): string {
  const journal = readJournal(folder);
  const at = journal.entries.findIndex((entry) => entry.tag === tag);
  if (at < 0) throw new Error(`This backup is of a later release (its last migration is ${tag}): restore it with that one.`);
  const earlier = mkdtempSync(path.join(tmpdir(), 'malipo-migrations-'));
  mkdirSync(path.join(earlier, 'meta'));
  const entries = journal.entries.slice(0, at + 1);
  for (const entry of entries) copyFileSync(path.join(folder, `${entry.tag}.sql`), path.join(earlier, `${entry.tag}.sql`));
  writeFileSync(path.join(earlier, 'meta/_journal.json'), JSON.stringify({ ...journal, entries }));
  return earlier;
}

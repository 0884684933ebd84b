import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runBackup } from '../../dev/backup.ts';
import { runRestore } from '../../dev/restore.ts';
import { testKey } from '../world/world.ts';

export const folder = (): string => mkdtempSync(path.join(tmpdir(), 'malipo-upkeep-'));

export const KEYS = { BACKUP_KEY: testKey('b'), ENCRYPTION_KEYS: `k1:${testKey('e')}`, LOOKUP_KEY: testKey('l') };

type Run = (argv: string[], from: NodeJS.ProcessEnv, output: { print(text: string): void; complain(text: string): void }, now?: Date) => Promise<number>;

/** A command with what it said. */
export async function said(run: Run, argv: string[], from: NodeJS.ProcessEnv, now?: Date): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const note = (text: string) => void lines.push(text);
  const code = await run(argv, from, { print: note, complain: note }, now);
  return { code, text: lines.join('\n') };
}

export const backUp = (url: string, file: string, more: string[] = [], keys: NodeJS.ProcessEnv = KEYS) =>
  said(runBackup, [file, ...more], { ...keys, DATABASE_URL: url });

export const restoreInto = (url: string, file: string, more = ['--last-invoice', 'none'], keys: NodeJS.ProcessEnv = KEYS, now?: Date) =>
  said(runRestore, [file, '--into', url, ...more], keys, now);

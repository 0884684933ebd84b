import { globSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** What every schema file exports: all tables there are. */
export const loadSchemas = (): Promise<Record<string, unknown>[]> =>
  Promise.all(globSync('src/**/*.schema.ts', { cwd: ROOT }).map((file) => import(pathToFileURL(path.join(ROOT, file)).href)));

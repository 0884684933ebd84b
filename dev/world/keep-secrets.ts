import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import * as z from 'zod';

const newKey = () => randomBytes(32).toString('base64');

const Secrets = z.object({
  CALLBACK_TOKEN_KEY: z.string(),
  ENCRYPTION_KEYS: z.string(),
  LOOKUP_KEY: z.string(),
  SESSION_SECRET: z.string().default(newKey), // a file from before there were sessions lacks it, and no session needs to survive
  operatorKey: z.string().optional(),
});

/** What the local world keeps to itself: the keys its data is encrypted with, and the operator's API key. */
export type Secrets = z.output<typeof Secrets>;

/** The secrets in this file. They are made once: data that survives a restart can be read with no others. */
export async function readSecrets(file: string): Promise<Secrets> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text !== undefined) {
    const parsed = Secrets.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new Error(`${file} cannot be read: without its keys the data beside it is lost. Restore it, or begin anew with --fresh.`);
  }
  const secrets: Secrets = {
    CALLBACK_TOKEN_KEY: newKey(),
    ENCRYPTION_KEYS: `local:${newKey()}`,
    LOOKUP_KEY: newKey(),
    SESSION_SECRET: newKey(),
  };
  await writeSecrets(file, secrets);
  return secrets;
}

/** Replaces the file, readable by its owner only; a crash leaves the old one or the new one. */
export async function writeSecrets(file: string, secrets: Secrets): Promise<void> {
  await writeFile(`${file}.part`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.part`, file);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

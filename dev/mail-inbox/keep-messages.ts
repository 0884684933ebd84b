import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Mail } from './read-mail-request.ts';

export type Message = Mail & { id: string; receivedAt: string };

export type Messages = {
  /** Oldest first. */
  all(): Message[];
  find(id: string): Message | undefined;
  /** Returns the id of the first; with a folder, the mails are on disk when it resolves. */
  add(mails: Mail[]): Promise<string>;
  clear(): Promise<void>;
};

/** The messages received so far; those in `dir`, one JSON file each, outlive this process. */
export async function keepMessages(dir?: string): Promise<Messages> {
  const messages = dir === undefined ? [] : await readAll(dir);
  let lastNumber = messages.length === 0 ? 0 : Number(messages.at(-1)?.file.split('-')[0]);
  return {
    all: () => messages.map(({ message }) => message),
    find: (id) => messages.find(({ message }) => message.id === id)?.message,
    add: async (mails) => {
      const sent = randomBytes(16).toString('base64url');
      for (const [at, mail] of mails.entries()) {
        const message: Message = { id: at === 0 ? sent : `${sent}.${at}`, receivedAt: new Date().toISOString(), ...mail };
        const file = `${String(++lastNumber).padStart(8, '0')}-${message.id}.json`;
        messages.push({ file, message });
        if (dir !== undefined) await writeWhole(path.join(dir, file), JSON.stringify(message, null, 2));
      }
      return sent;
    },
    clear: async () => {
      const files = messages.splice(0).map(({ file }) => file);
      if (dir !== undefined) await Promise.all(files.map((file) => rm(path.join(dir, file), { force: true })));
    },
  };
}

async function readAll(dir: string): Promise<{ file: string; message: Message }[]> {
  await mkdir(dir, { recursive: true });
  const files = (await readdir(dir)).filter((file) => /^\d{8}-.+\.json$/.test(file)).sort();
  return Promise.all(files.map(async (file) => ({ file, message: JSON.parse(await readFile(path.join(dir, file), 'utf8')) as Message })));
}

// A message that was cut off halfway must not stop the next start.
async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
}

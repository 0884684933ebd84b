import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What was received, with what the inbox adds to it. */
export type Kept<Item> = Item & { id: string; receivedAt: string };

export type Messages<Item> = {
  /** Oldest first. */
  all(): Kept<Item>[];
  find(id: string): Kept<Item> | undefined;
  /** Returns the id of the first; with a folder, the messages are on disk when it resolves. */
  add(items: Item[]): Promise<string>;
  clear(): Promise<void>;
};

/** The messages received so far; those in `dir`, one JSON file each, outlive this process. */
export async function keepMessages<Item extends object>(dir?: string): Promise<Messages<Item>> {
  const messages = dir === undefined ? [] : await readAll<Item>(dir);
  let lastNumber = messages.length === 0 ? 0 : Number(messages.at(-1)?.file.split('-')[0]);
  return {
    all: () => messages.map(({ message }) => message),
    find: (id) => messages.find(({ message }) => message.id === id)?.message,
    add: async (items) => {
      const sent = randomBytes(16).toString('base64url');
      for (const [at, item] of items.entries()) {
        const message: Kept<Item> = { id: at === 0 ? sent : `${sent}.${at}`, receivedAt: new Date().toISOString(), ...item };
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

async function readAll<Item>(dir: string): Promise<{ file: string; message: Kept<Item> }[]> {
  await mkdir(dir, { recursive: true });
  const files = (await readdir(dir)).filter((file) => /^\d{8}-.+\.json$/.test(file)).sort();
  const read = async (file: string) => JSON.parse(await readFile(path.join(dir, file), 'utf8')) as Kept<Item>;
  return Promise.all(files.map(async (file) => ({ file, message: await read(file) })));
}

// Written whole or not at all: a file cut off halfway would stop the next start.
async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
}

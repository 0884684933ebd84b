import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import * as z from 'zod';

const Holder = z.object({ pid: z.number(), shopUrl: z.string(), port: z.number(), word: z.string() });

/**
 * Takes a folder for this process until `release`. Throws when a running local world has it. Process numbers are used again after a restart of the machine, so
 * the holder answers with a word on a port of its own: who is gone does not.
 */
export async function holdFolder(dir: string, shopUrl: string): Promise<{ release(): Promise<void> }> {
  await mkdir(dir, { recursive: true });
  const file = path.join(dir, 'running.json');
  const word = randomUUID();
  const server = createServer((socket) => socket.on('error', () => undefined).end(word)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const { port } = server.address() as AddressInfo;
  const holder = JSON.stringify({ pid: process.pid, shopUrl, port, word });
  const taken = () =>
    writeFile(file, holder, { flag: 'wx' }).then(
      () => true,
      () => false,
    );
  if (!(await taken())) {
    await refuseWhileHeld(file);
    await rm(file, { force: true });
    if (!(await taken())) throw new Error(`Another start has just taken ${dir}.`);
  }
  return {
    async release() {
      server.close();
      await rm(file, { force: true });
    },
  };
}

async function refuseWhileHeld(file: string): Promise<void> {
  const holder = await readFile(file, 'utf8')
    .then((json) => Holder.parse(JSON.parse(json)))
    .catch(() => undefined);
  if (!holder || (await hear(holder.port)) !== holder.word) return;
  throw new Error(
    `It runs already, with the shop at ${holder.shopUrl} (process ${holder.pid}). Stop that one first, or use another folder: --dir .local-2`,
  );
}

async function hear(port: number): Promise<string | undefined> {
  const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 });
  socket.on('timeout', () => socket.destroy());
  return text(socket).catch(() => undefined);
}

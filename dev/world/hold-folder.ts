import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';

const SETTLE_MS = 300;

const Holder = z.object({ pid: z.number(), shopUrl: z.string(), port: z.number(), word: z.string() });

/**
 * Takes a folder for this process until `release`. Throws when a running local world has it. Process numbers are used again after a restart of the machine, so
 * the holder answers with a word on a port of its own: one that has ended does not.
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
  const anothers = new Error(`Another start has just taken ${dir}: wait for that one, or use another folder: --dir .local-2`);
  if (!(await taken())) {
    const left = await refuseWhileHeld(file);
    if ((await readFile(file, 'utf8').catch(() => left)) === left) await rm(file, { force: true });
    const mine = await taken();
    await sleep(SETTLE_MS); // two starts that found the same holder gone may each have removed its file: the later one has the folder
    if (!mine || (await readFile(file, 'utf8').catch(() => '')) !== holder) {
      server.close();
      throw anothers;
    }
  }
  return {
    async release() {
      server.close();
      await rm(file, { force: true });
    },
  };
}

/** The shop of the local world that runs in a folder, if one does. */
export async function whereItRuns(dir: string): Promise<string | undefined> {
  const holder = read(await readFile(path.join(dir, 'running.json'), 'utf8').catch(() => ''));
  return holder && (await hear(holder.port)) === holder.word ? holder.shopUrl : undefined;
}

/** Throws while the holder that the file names runs; returns what the file says when that one has ended. */
async function refuseWhileHeld(file: string): Promise<string> {
  let left = '';
  let holder: z.output<typeof Holder> | undefined;
  for (let tries = 0; tries < 10 && !holder; tries++) {
    if (tries > 0) await sleep(50); // somebody may be writing it
    left = await readFile(file, 'utf8').catch(() => '');
    holder = read(left);
  }
  if (!holder || (await hear(holder.port)) !== holder.word) return left;
  throw new Error(
    `It runs already, with the shop at ${holder.shopUrl} (process ${holder.pid}). Stop that one first, or use another folder: --dir .local-2`,
  );
}

function read(json: string): z.output<typeof Holder> | undefined {
  try {
    return Holder.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}

async function hear(port: number): Promise<string | undefined> {
  const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 });
  socket.on('timeout', () => socket.destroy());
  return text(socket).catch(() => undefined);
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { playAll } from './world/play-all.ts';
import { playStory } from './world/play-story.ts';
import { startLocalWorld } from './world/start-world.ts';
import { takeOutput } from './world/take-output.ts';

const [story, ...more] = process.argv.slice(2);
if ((story !== undefined && story !== 'all') || more.length > 0) {
  console.error('Say `npm run demo` for one payment, or `npm run demo -- all` for every way that money moves.');
  process.exit(2);
}

const log: string[] = [];
const say = takeOutput((line) => log.push(line));
const began = performance.now();
const tell = (text: string) => say(`${((performance.now() - began) / 1_000).toFixed(1).padStart(5)} s  ${text}`);

const dir = await mkdtemp(path.join(tmpdir(), 'malipo-demo-'));
const running = new AsyncDisposableStack();
running.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
let leaving: Promise<void> | undefined; // one Ctrl-C may come twice, from the terminal and from npm
const leave = async (code: number) => {
  leaving ??= running.disposeAsync();
  await leaving;
  process.exit(code);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void leave(1));

try {
  tell('Starting PostgreSQL, the M-PESA simulator, the mail inbox and the functions in a folder of their own.');
  const ports = { shop: 0, simulator: 0, inbox: 0, sms: 0 };
  // an empty environment, so that nothing of a real deployment comes in
  const world = await startLocalWorld({ dir, ports, everyMs: 1_000, durable: false, environment: {}, complain: (text) => log.push(text) });
  running.defer(world.stop);
  const result = await (story === 'all' ? playAll : playStory)(world, tell);
  say(JSON.stringify(result));
  await leave(0);
} catch (error) {
  for (const line of log) process.stderr.write(`${line}\n`);
  process.stderr.write(`The demo failed. ${error instanceof Error ? error.message : error}\n`);
  await leave(1);
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { migrate } from '#ground/db/migrate.ts';
import { baselineEffects, type Effects, ourEffects } from './effects.ts';
import { fillBaseline } from './fill-baseline.ts';
import { fillDc89b02 } from './fill-dc89b02.ts';
import { fillOurs } from './fill-ours.ts';
import { makePrompts, PRICE_SHILLINGS, type Waiting } from './prompts.ts';
import { settings } from './settings.ts';

export type Distance = 'near' | 'far';

/** One way to take callbacks, in a process of its own. */
export type Contestant = {
  name: string;
  port: number;
  client: pg.Client;
  effects: Effects;
  /** Prompts that nobody has called back yet. */
  take(count: number): Waiting[];
  path(waiting: Waiting): string;
  /** What its process has used of the processors so far. */
  cpuMs(): Promise<number>;
};

/** ours: settle alone, settle alone over global `fetch`, and with allocation. dc89b02: its statement, over the HTTP client of its time, and over ours. */
export const NAMES = ['settle', 'settle over fetch', 'whole', 'dc89b02', 'dc89b02 over our client', 'baseline'] as const;
export type Name = (typeof NAMES)[number];

export type Arena = {
  /** Starts a contestant, near to the database or far from it, at the first asking. */
  contestant(distance: Distance, name: Name): Promise<Contestant>;
  /** HTTP requests and WebSocket exchanges that reached our database so far. */
  requests(): Promise<number>;
  stop(): Promise<void>;
};

type Ports = Record<Distance, { neon: number; postgres: number }>;

/** Makes three databases with so many prompts each on a PostgreSQL of the benchmark's own. */
export async function openArena(postgresPort: number, prompts: number): Promise<Arena> {
  const stack = new AsyncDisposableStack();
  try {
    const [network, ports] = await start<Ports>('far-side.ts', [String(postgresPort)]);
    stack.defer(() => end(network));
    const direct = async (database: string) => {
      const client = new pg.Client(`postgres://postgres@127.0.0.1:${postgresPort}/${database}`);
      await client.connect();
      stack.defer(() => client.end());
      return client;
    };
    const admin = await direct('postgres');
    await admin.query('alter system set autovacuum = off'); // it would come upon one contestant and not the other; the statistics are made below
    await admin.query('select pg_reload_conf()');
    for (const name of ['ours', 'old', 'baseline']) await admin.query(`create database ${name}`);

    const urlOf = (port: number, database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
    const oursUrl = urlOf(ports.near.neon, 'ours');
    await migrate(oursUrl);
    const waiting = makePrompts(prompts, settings(oursUrl).callback.tokenKeys);
    const clients = { ours: await direct('ours'), old: await direct('old'), baseline: await direct('baseline') };
    await fillOurs(clients.ours, oursUrl, waiting);
    await fillDc89b02(clients.old, waiting);
    await fillBaseline(clients.baseline, waiting);
    for (const client of Object.values(clients)) await client.query('vacuum analyze');

    const cents = PRICE_SHILLINGS * 100;
    const [settled, whole] = [await ourEffects(clients.ours, false, cents), await ourEffects(clients.ours, true, cents)];
    const old = await ourEffects(clients.old, false, cents);
    const takers = { ours: taker(waiting), old: taker(waiting), baseline: taker(waiting) };
    const startContestant = async (distance: Distance, name: Name): Promise<Contestant> => {
      const database = name === 'baseline' ? 'baseline' : name.startsWith('dc89b02') ? 'old' : 'ours';
      const port = database === 'baseline' ? ports[distance].postgres : ports[distance].neon;
      const kind = name.split(' ')[0] as string;
      const http = name === 'dc89b02' || name.endsWith('fetch') ? 'fetch' : 'own';
      const [child, { port: served }] = await start<{ port: number }>('contestant.ts', [kind, urlOf(port, database), http]);
      stack.defer(() => end(child));
      const effects = { ours: name === 'whole' ? whole : settled, old, baseline: baselineEffects(cents) }[database];
      return {
        ...{ name, port: served, client: clients[database], effects, take: takers[database] },
        path: ({ path }) => (database === 'baseline' ? '/callback' : path),
        cpuMs: () => askCpu(child),
      };
    };
    const started = new Map<string, Promise<Contestant>>();
    const contestant = (distance: Distance, name: Name) => {
      const key = `${distance} ${name}`;
      const one = started.get(key) ?? startContestant(distance, name);
      started.set(key, one);
      return one;
    };
    const requests = async () => {
      const { http, ws } = (await (await fetch(`http://127.0.0.1:${ports.near.neon}/stats?database=ours`)).json()) as Record<
        string,
        number
      >;
      return (http ?? 0) + (ws ?? 0);
    };
    return { contestant, requests, stop: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function taker(waiting: Waiting[]): (count: number) => Waiting[] {
  let next = 0;
  return (count) => {
    const some = waiting.slice(next, next + count);
    next += count;
    if (some.length < count) throw new Error('There are not enough prompts.');
    return some;
  };
}

/** A line of its log that says how a callback went, as thousands do; a warning or a failure must be seen. */
const isNews = (line: string): boolean => line.startsWith('{"level":"info"');

/** Starts a file of this folder as a process that ends with this one, and waits for its first word. */
async function start<First>(file: string, args: string[]): Promise<[ChildProcess, First]> {
  const child = fork(new URL(file, import.meta.url), args, { execArgv: [], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => isNews(line) || console.error(line));
  const died = once(child, 'exit').then(() => {
    throw new Error(`${file} ${args[0]} ended before it began.`);
  });
  const [first] = (await Promise.race([once(child, 'message'), died])) as [First];
  died.catch(() => undefined);
  return [child, first];
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}

async function askCpu(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [{ cpuMs }] = (await once(child, 'message')) as [{ cpuMs: number }];
  return cpuMs;
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../virtual-clock.ts';
import { resumeSteps, stopTimers } from './agenda.ts';
import { type Control, createControl } from './control.ts';
import { answerControl } from './control-api.ts';
import { type Network, noArrangements, note } from './network.ts';
import { defaultDelays, merchantOf, type SimulatorOptions } from './options.ts';
import { answerPage } from './pages.ts';
import { answerDaraja } from './routes.ts';
import { runStep } from './run-step.ts';
import { readState, writeState } from './state.ts';
import { defaultSwitches } from './switches.ts';
import { type Answer, type ApiRequest, refusal } from './wire.ts';

/** A running simulator. `stop` ends it; what was promised stays in the state file, where one is named. */
export type Simulator = { url: string; port: number; control: Control; stop(): Promise<void> };

const LARGEST_BODY = 1_000_000;
/** Longer than clients keep idle connections, so that none is closed under a request that is on its way. */
const KEEP_ALIVE_MS = 65_000;

/** Starts a simulated Daraja on 127.0.0.1; resolves when it takes requests. */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const network = createNetwork(options);
  const control = createControl(network, typeof options.clock === 'object' ? options.clock : null);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, response) => {
    answer(network, control, incoming)
      .catch((error: unknown) => {
        note(network, `The simulator failed: ${error instanceof Error ? error.stack : error}`);
        return refusal(network, 500, '500.003.1001', 'Internal Server Error');
      })
      .then((result) => send(response, result))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  resumeSteps(network);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    control,
    async stop() {
      stopTimers(network);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createNetwork(options: SimulatorOptions): Network {
  const { stateFile } = options;
  const network: Network = {
    merchant: merchantOf(options),
    delays: { ...defaultDelays, ...options.delays },
    clock: typeof options.clock === 'object' ? options.clock : createRealClock((error) => note(network, `A timer failed: ${error}`)),
    state: readState(stateFile, options.seed ?? 1),
    arranged: noArrangements({ ...defaultSwitches, ...options.switches }),
    timers: new Map(),
    runStep: (step) => runStep(network, step),
    save: () => stateFile !== undefined && writeState(stateFile, network.state),
  };
  return network;
}

async function answer(network: Network, control: Control, incoming: IncomingMessage): Promise<Answer> {
  const request: ApiRequest = {
    method: incoming.method ?? 'GET',
    url: new URL(incoming.url ?? '/', 'http://127.0.0.1'),
    headers: incoming.headers,
    body: await readText(incoming),
  };
  if (request.url.pathname.startsWith('/simulator/')) return answerControl(control, request);
  return (request.method === 'GET' && answerPage(network, request)) || answerDaraja(network, request);
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > LARGEST_BODY) throw new Error('A request was larger than a megabyte.');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function send(response: ServerResponse, { status, headers, body, bytes, fate }: Answer): void {
  if (fate === 'silent') return;
  if (fate === 'broken') {
    response.destroy();
    return;
  }
  response.writeHead(status, headers).end(bytes ?? body);
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** In the local world M-PESA's clock runs ahead as the functions' clock does, so that a payment of a later day bears that day's stamp. */
const now = () => new Date(Date.now() + Number(process.env.CLOCK_AHEAD_SECONDS ?? 0) * 1_000);

/** The machine's clock. Its timers keep no process alive; `failed` gets their errors, since nobody awaits them. */
function createRealClock(failed: (error: unknown) => void): Clock {
  return {
    now,
    schedule(at, run) {
      const waitMs = Math.min(Math.max(at.getTime() - now().getTime(), 0), LONGEST_TIMER_MS);
      const timer = setTimeout(() => void (async () => run())().catch(failed), waitMs).unref();
      return () => clearTimeout(timer);
    },
  };
}

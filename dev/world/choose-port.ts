import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** How many ports above a taken one are tried. */
const TRIES = 20;

/** A range from which no system takes the ports of outgoing connections: the port chosen here is opened much later. */
const [LOWEST, HIGHEST] = [20_000, 30_000];

/** A port of 127.0.0.1 that nobody listens on: the wished one, else the next free one above it; 0 is any. */
export async function choosePort(wished: number): Promise<number> {
  const first = wished === 0 ? randomInt(LOWEST, HIGHEST) : wished;
  for (let port = first; port <= first + TRIES; port++) {
    const free = await tryPort(port);
    if (free !== undefined) return free;
  }
  throw new Error(`The ports ${first} to ${first + TRIES} are all taken: stop what listens there.`);
}

/** The wished port itself. Throws when somebody listens on it. */
export async function demandPort(wished: number): Promise<number> {
  const free = await tryPort(wished);
  if (free === undefined) throw new Error(`Port ${wished} is taken: stop what listens there, or choose another one with --port.`);
  return free;
}

async function tryPort(port: number): Promise<number | undefined> {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') return undefined;
    if (code === 'EACCES') throw new Error(`Port ${port} is for the machine's administrator only: choose one above 1023.`);
    throw error;
  }
  const free = (probe.address() as AddressInfo).port;
  probe.close();
  await once(probe, 'close');
  return free;
}

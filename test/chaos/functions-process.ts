import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp, useApp } from '#app.ts';
import { parseConfig } from '#ground/config/config.ts';
import { createLog } from '#ground/log.ts';
import { functions, route, strike } from '../world/route.ts';

/** The functions of the product in a process of their own, which may be killed at any moment. Whoever asks says what time it is. Reports its port once it can be asked. */
let now = new Date(String(process.env.CHAOS_NOW));
const log = createLog((line) => void (process.env.CHAOS_LOG && process.stdout.write(`${line}\n`)));
useApp(createApp(parseConfig(process.env), { clock: { now: () => now }, log }));

const server = createServer(async (incoming, outgoing) => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { 'x-chaos-now': asked, 'x-chaos-address': ip = '203.0.113.7', ...headers } = incoming.headers as Record<string, string>;
  if (asked && new Date(asked) > now) now = new Date(asked);
  const struck = functions.find(({ name }) => incoming.url === `/strike/${name}`);
  const request = new Request(`http://functions${incoming.url}`, {
    method: incoming.method ?? 'GET',
    headers,
    body: chunks.length > 0 ? Buffer.concat(chunks) : null,
  });
  const waitUntil = (work: Promise<unknown>) => void work.catch(() => undefined);
  const response = struck ? Response.json(await strike(struck.name)) : await route(request, { ip, requestId: 'chaos', waitUntil });
  outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(Buffer.from(await response.arrayBuffer()));
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit()); // nobody is left to ask

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The process of one contestant: a server of callbacks on a database, which tells the time that its processors took when it is asked. */
const [name = '', databaseUrl = '', client = 'own'] = process.argv.slice(2);

async function start(): Promise<Server> {
  if (name === 'baseline') return (await import('../baseline/server.ts')).baselineServer(databaseUrl);
  return (await import('./serve-function.ts')).serveFunction(name, databaseUrl, client === 'fetch');
}

process.on('disconnect', () => process.exit(0));
const server = await start();
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1_000 });
});
if (process.connected) process.send?.({ port: (server.address() as AddressInfo).port });

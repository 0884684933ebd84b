import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Carries TCP to a port of this machine, everything later by so many milliseconds on the way there and on the way back. */
export async function startDelayProxy(port: number, [thereMs, backMs]: readonly [number, number]): Promise<{ port: number; stop(): void }> {
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: '127.0.0.1', port, noDelay: true });
    for (const [from, to, ms] of [[near, far, thereMs] as const, [far, near, backMs] as const]) {
      open.add(from);
      // timers of one duration fire in the order they were set, so nothing overtakes
      from.on('data', (piece) => setTimeout(() => to.writable && to.write(piece), ms));
      from.on('end', () => setTimeout(() => to.end(), ms));
      from.on('error', () => to.destroy());
      from.on('close', () => open.delete(from));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

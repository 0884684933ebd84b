import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { BlobsServer } from '@netlify/blobs/server';

/** A Blobs store of our own. Functions find it when `NETLIFY_BLOBS_CONTEXT` is set to `context`, as Netlify sets it for its own. */
export type LocalBlobs = { context: string; port: number; stop(): Promise<void> };

/** Netlify's own server would listen on every address of this machine, so only its request handler is used. */
type Inside = { address: string; handleRequest(request: Request): Promise<Response> };

const TOKEN = 'local';
/** The path of a whole store, which we list ourselves: Netlify's handler looks at every file twice for that, which takes seconds where there are thousands. */
const STORE = /^\/([^/]+)\/([^/?]+)$/;

/** Serves Netlify Blobs on 127.0.0.1 out of a folder, where they stay. */
export async function startBlobs({ directory, port = 0 }: { directory: string; port?: number }): Promise<LocalBlobs> {
  const blobs = new BlobsServer({ directory, token: TOKEN, logger: () => undefined }) as unknown as Inside;
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {};
    const headers = incoming.headers as Record<string, string>;
    const [, site, store] = (incoming.method === 'GET' && STORE.exec(incoming.url ?? '')) || [];
    const response =
      site && store
        ? await list(path.join(directory, 'entries', site, decodeURIComponent(store)))
        : await blobs.handleRequest(new Request(`${blobs.address}${incoming.url}`, { method: incoming.method ?? 'GET', headers, ...body }));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(Buffer.from(await response.arrayBuffer()));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: taken } = server.address() as AddressInfo;
  blobs.address = `http://127.0.0.1:${taken}`;
  const context = { edgeURL: blobs.address, uncachedEdgeURL: blobs.address, siteID: 'local', deployID: 'local', token: TOKEN };
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return { context: Buffer.from(JSON.stringify(context)).toString('base64'), port: taken, stop };
}

const list = async (folder: string) => {
  const keys = await readdir(folder).catch(() => []);
  return Response.json({ blobs: keys.filter((key) => !key.startsWith('.')).map((key) => ({ key, etag: '' })), directories: [] });
};

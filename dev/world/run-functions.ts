import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Project } from './prepare-functions.ts';

export type RunningFunctions = {
  /** Runs a scheduled function as the platform's clock does, and returns its report. Throws when it fails as a whole. */
  strike(name: string): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
};

const OFF = { enabled: false };

const BYTES = /^application\/(octet-stream|vnd\.)/i;

/** How long a stop waits for answers that are being written. */
const PATIENCE_MS = 5_000;

/**
 * Serves pages and functions on 127.0.0.1 through Netlify's own local runtime, each call in a fresh worker with this process's environment. `own` is asked
 * first and may answer a request itself.
 */
export async function runFunctions(
  { root, extraPages }: Project,
  port: number,
  { complain, own }: { complain(text: string): void; own(request: IncomingMessage, response: ServerResponse): Promise<void> | undefined },
): Promise<RunningFunctions> {
  const { NetlifyDev } = await import('@netlify/dev');
  const dev = new NetlifyDev({
    projectRoot: root,
    serverAddress: `http://127.0.0.1:${port}`,
    skipGitignore: true,
    staticFiles: { directories: [extraPages] },
    ...{ aiGateway: OFF, blobs: OFF, database: OFF, edgeFunctions: OFF, environmentVariables: OFF, geolocation: OFF, images: OFF },
    logger: { log: () => undefined, warn: (text) => complain(String(text)), error: (text) => complain(String(text)) },
  });
  await dev.start();

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    request.headers['x-forwarded-for'] = request.socket.remoteAddress ?? '127.0.0.1'; // the runtime takes the client's address from here
    const found = await (bringsBytes(request)
      ? dev.handleAndIntrospect(await inBase64(request))
      : dev.handleAndIntrospectNodeRequest(request));
    if (!found) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('Not Found');
    response.statusCode = found.response.status;
    for (const [name, value] of found.response.headers) response.appendHeader(name, value);
    if (found.response.body) await pipeline(Readable.fromWeb(found.response.body as Parameters<typeof Readable.fromWeb>[0]), response);
    else response.end();
  };
  const server = createServer((request, response) => {
    (own(request, response) ?? answer(request, response)).catch((error: unknown) => {
      complain(`${request.method} ${request.url?.split('?')[0]}: ${error instanceof Error ? error.message : error}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'content-type': 'text/plain' }).end('The local server failed: see its output.');
    });
  });
  await new Promise<void>((ready, failed) => server.once('error', failed).listen(port, '127.0.0.1', ready));

  return {
    async strike(name) {
      const response = await dev.handle(new Request(`http://127.0.0.1:${port}/.netlify/functions/${name}`));
      const text = (await response?.text()) ?? 'there is no such function';
      if (!response?.ok) throw new Error(text.split('\n')[0]);
      return JSON.parse(text) as Record<string, unknown>;
    },
    async stop() {
      const closed = new Promise((done) => server.close(done));
      server.closeIdleConnections();
      const impatience = setTimeout(() => server.closeAllConnections(), PATIENCE_MS);
      await closed;
      clearTimeout(impatience);
      await dev.stop();
    },
  };
}

const bringsBytes = ({ headers, method }: IncomingMessage) =>
  method !== 'GET' && method !== 'HEAD' && BYTES.test(headers['content-type'] ?? '');

/** The runtime reads every body as text, and then takes a body of bytes for base64: so it is handed over in base64. */
async function inBase64(request: IncomingMessage): Promise<Request> {
  const { headers, method = 'POST', url = '/' } = request;
  const named = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return new Request(new URL(url, `http://${headers.host}`), { method, headers: named, body: (await buffer(request)).toString('base64') });
}

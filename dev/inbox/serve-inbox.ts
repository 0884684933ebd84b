import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Kept, keepMessages } from './keep-messages.ts';
import { pagePolicy } from './page-frame.ts';

/** A status, or a connection that ends before the message was taken (`silence`) or after (`lost answer`). */
export type Failure = number | 'silence' | 'lost answer';

export type Inbox<Item> = {
  url: string;
  port: number;
  /** Oldest first. */
  messages(): Kept<Item>[];
  /** The next `times` sends fail like this; 0 ends it. */
  failNext(times: number, failure: Failure): void;
  clear(): Promise<void>;
  stop(): Promise<void>;
};

export type InboxOptions = { port?: number; dir?: string };

export type Reply = { status: number; headers?: Record<string, string>; body?: string | Buffer };

/** An answer, or a connection that ends without one. */
export type Answer = Reply | 'cut';

/** What a provider takes messages with: it keeps them with `add`, unless `nextFailure` says to fail. */
export type Desk<Item> = {
  add(items: Item[]): Promise<string>;
  find(id: string): Kept<Item> | undefined;
  nextFailure(): Failure | undefined;
};

/** What differs between the inboxes. `answer` returns undefined for an address that the provider does not have. */
export type Face<Item> = {
  answer(request: IncomingMessage, url: URL, desk: Desk<Item>): Promise<Answer> | Answer | undefined;
  page(messages: Kept<Item>[], chosenId: string | null, nonce: string): string;
  show(message: Kept<Item>): unknown;
};

/**
 * Takes messages as a provider does and shows them on a page in place of sending them. Messages in `dir` survive a restart. Other processes read `GET /messages` and ask
 * for `POST /fail-next?times=&failure=`.
 */
export async function serveInbox<Item extends object>({ port: wishedPort = 0, dir }: InboxOptions, face: Face<Item>): Promise<Inbox<Item>> {
  const messages = await keepMessages<Item>(dir);
  let planned: { times: number; failure: Failure } = { times: 0, failure: 500 };
  const nextFailure = () => {
    if (planned.times <= 0) return undefined;
    planned.times--;
    return planned.failure;
  };

  const route = async (request: IncomingMessage): Promise<Answer> => {
    const url = new URL(request.url ?? '/', 'http://inbox');
    const answer = face.answer(request, url, { add: messages.add, find: messages.find, nextFailure });
    if (answer !== undefined) return answer;
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /': {
        const nonce = randomBytes(16).toString('base64');
        return html(face.page(messages.all(), url.searchParams.get('id'), nonce), pagePolicy(nonce));
      }
      case 'GET /messages':
        return json(messages.all().map(face.show));
      case 'DELETE /messages':
        await messages.clear();
        return { status: 204 };
      case 'POST /fail-next': {
        const failure = url.searchParams.get('failure') ?? '500';
        const words = failure === 'silence' || failure === 'lost answer';
        planned = { times: Number(url.searchParams.get('times') ?? 1), failure: words ? failure : Number(failure) };
        return { status: 204 };
      }
    }
    return json({ message: 'no such path' }, 404);
  };

  const server = createServer((request, response) => {
    const reply = (answer: Answer) => {
      if (answer === 'cut') return void response.destroy();
      const headers = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', ...answer.headers };
      response.writeHead(answer.status, headers).end(answer.body);
    };
    route(request).then(reply, (error: unknown) => reply(json({ message: String(error) }, 500)));
  });
  server.listen(wishedPort, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    messages: messages.all,
    failNext: (times, failure) => {
      planned = { times, failure };
    },
    clear: messages.clear,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export const json = (body: unknown, status = 200): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

export const html = (body: string, policy: string): Reply => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
  body,
});

/** The body as text, or undefined when it is larger than the provider takes; the rest of it is read and forgotten. */
export async function readBody(request: IncomingMessage, most: number): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size <= most) pieces.push(piece);
  }
  return size > most ? undefined : Buffer.concat(pieces).toString('utf8');
}

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pagePolicy } from '../mail-inbox/inbox-page.ts';
import { type Kept, keepMessages } from '../mail-inbox/keep-messages.ts';
import { answerAsAfricasTalking } from './africastalking.ts';
import type { Answer, TextMessage } from './answer.ts';
import { smsPage } from './sms-page.ts';
import { answerAsTwilio } from './twilio.ts';

/** A status, or a connection that ends before the message was taken (`silence`) or after (`lost answer`). */
export type SmsFailure = number | 'silence' | 'lost answer';

export type SmsInbox = {
  url: string;
  port: number;
  /** Oldest first; `to` is 2547XXXXXXXX. */
  messages(): Kept<TextMessage>[];
  /** The next `times` sends fail like this; 0 ends it. */
  failNext(times: number, failure: SmsFailure): void;
  /** From now on this number (2547XXXXXXXX) is refused for good, with the provider's own code; without a code it is taken again. */
  refuse(to: string, code?: number): void;
  clear(): Promise<void>;
  stop(): Promise<void>;
};

type Reply = { status: number; headers?: Record<string, string>; body?: string };

const MAX_BYTES = 64 * 1024;

/**
 * Takes SMS as Africa's Talking and Twilio do and shows them on a page in place of sending them. Messages in `dir` survive a restart. Other processes read
 * `GET /messages` and ask for `POST /fail-next?times=&failure=` and `POST /refuse?to=&code=`.
 */
export async function startSmsInbox({ port: wishedPort = 0, dir }: { port?: number; dir?: string } = {}): Promise<SmsInbox> {
  const messages = await keepMessages<TextMessage>(dir);
  const refusals = new Map<string, number>();
  const refused = (number: string) => refusals.get(number.replace(/^\+/, ''));
  const refuse = (to: string, code?: number) => void (code === undefined ? refusals.delete(to) : refusals.set(to, code));
  let planned: { times: number; failure: SmsFailure } = { times: 0, failure: 500 };

  const take = async (request: IncomingMessage, judge: (form: URLSearchParams) => Answer): Promise<Reply | undefined> => {
    const form = new URLSearchParams(await readBody(request));
    const failure = planned.times > 0 ? planned.failure : undefined;
    if (failure !== undefined) planned.times--;
    if (failure === 'silence') return undefined;
    if (typeof failure === 'number') return json({ message: 'failed as planned', status: failure }, failure);
    const { status, body, taken } = judge(form);
    if (taken.length > 0) await messages.add(taken);
    if (failure === 'lost answer') return undefined;
    return typeof body === 'string' ? { status, headers: { 'content-type': 'text/plain' }, body } : json(body, status);
  };

  const route = async (request: IncomingMessage): Promise<Reply | undefined> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://inbox');
    const accountSid = /^\/2010-04-01\/Accounts\/([^/]+)\/Messages\.json$/.exec(pathname)?.[1];
    if (request.method === 'POST' && accountSid)
      return take(request, (form) => answerAsTwilio(accountSid, { headers: request.headers, form }, refused));
    switch (`${request.method} ${pathname}`) {
      case 'POST /version1/messaging':
        return take(request, (form) => answerAsAfricasTalking({ headers: request.headers, form }, refused));
      case 'GET /': {
        const nonce = randomBytes(16).toString('base64');
        const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy(nonce) };
        return { status: 200, headers, body: smsPage(messages.all(), nonce) };
      }
      case 'GET /messages':
        return json(messages.all());
      case 'DELETE /messages':
        await messages.clear();
        return { status: 204 };
      case 'POST /refuse': {
        const code = searchParams.get('code');
        refuse(searchParams.get('to') ?? '', code === null ? undefined : Number(code));
        return { status: 204 };
      }
      case 'POST /fail-next': {
        const failure = searchParams.get('failure') ?? '500';
        const words = failure === 'silence' || failure === 'lost answer';
        planned = { times: Number(searchParams.get('times') ?? 1), failure: words ? failure : Number(failure) };
        return { status: 204 };
      }
    }
    return json({ message: 'no such path' }, 404);
  };

  const server = createServer((request, response) => {
    const answer = (reply: Reply | undefined) => {
      if (reply === undefined) return void response.destroy();
      const headers = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', ...reply.headers };
      response.writeHead(reply.status, headers).end(reply.body);
    };
    route(request).then(answer, (error: unknown) => answer(json({ message: String(error) }, 500)));
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
    refuse,
    clear: messages.clear,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const json = (body: unknown, status = 200): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) if (text.length < MAX_BYTES) text += piece;
  return text;
}

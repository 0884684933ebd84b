import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inboxPage, MAIL_POLICY, mailHtml, pagePolicy } from './inbox-page.ts';
import { keepMessages, type Message } from './keep-messages.ts';
import { type Mail, readMailRequest } from './read-mail-request.ts';

/** A status, or a connection that ends before the mail was taken (`silence`) or after (`lost answer`). */
export type MailFailure = number | 'silence' | 'lost answer';

export type MailInbox = {
  url: string;
  port: number;
  /** Oldest first. */
  messages(): Message[];
  /** The next `times` sends fail like this; 0 ends it. */
  failNext(times: number, failure: MailFailure): void;
  /** From now on this address is refused for good, as one that is none; or taken again. */
  refuse(email: string, isRefused: boolean): void;
  clear(): Promise<void>;
  stop(): Promise<void>;
};

type Reply = { status: number; headers?: Record<string, string>; body?: string | Buffer };

/** SendGrid counts the whole message, attachments as base64 included. */
const MAX_BYTES = 30 * 1024 * 1024;
const FAILURES: Record<number, string> = {
  400: 'Bad Request',
  401: 'The provided authorization grant is invalid, expired, or revoked',
  403: 'access forbidden',
  413: 'The payload is too large.',
  429: 'too many requests',
};

/**
 * Takes mail as SendGrid's v3 `POST /v3/mail/send` does and shows it on a page instead of delivering it.
 * Messages in `dir` survive a restart. Other processes read `GET /messages` and ask for `POST /fail-next?times=&failure=`.
 */
export async function startMailInbox({ port: wishedPort = 0, dir }: { port?: number; dir?: string } = {}): Promise<MailInbox> {
  const messages = await keepMessages<Mail>(dir);
  const refused = new Set<string>();
  let planned: { times: number; failure: MailFailure } = { times: 0, failure: 500 };

  const send = async (request: IncomingMessage): Promise<Reply | undefined> => {
    const body = await readBody(request);
    const failure = planned.times > 0 ? planned.failure : undefined;
    if (failure !== undefined) planned.times--;
    if (failure === 'silence') return undefined;
    if (typeof failure === 'number')
      return refuse(failure, [{ message: FAILURES[failure] ?? 'Internal server error', field: null, help: null }]);
    if (!/^Bearer \S+$/.test(request.headers.authorization ?? ''))
      return refuse(401, [{ message: FAILURES[401], field: null, help: null }]);
    if (!request.headers['content-type']?.startsWith('application/json'))
      return refuse(415, [{ message: 'Content-Type must be application/json.', field: null, help: null }]);
    if (body === undefined) return refuse(413, [{ message: FAILURES[413], field: null, help: null }]);
    const read = readMailRequest(body);
    if ('refusals' in read) return refuse(400, read.refusals);
    if (read.mails.some(({ to }) => to.some(({ email }) => refused.has(email))))
      return refuse(400, [{ message: 'Does not contain a valid address.', field: 'personalizations.0.to.0.email', help: null }]);
    if (read.isSandboxed) return { status: 200 };
    const id = await messages.add(read.mails);
    return failure === 'lost answer' ? undefined : { status: 202, headers: { 'x-message-id': id } };
  };

  const route = async (request: IncomingMessage): Promise<Reply | undefined> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://inbox');
    const [, first, id = '', third, number] = pathname.split('/').map(decodeURIComponent);
    const message = messages.find(id);
    switch (`${request.method} ${pathname}`) {
      case 'POST /v3/mail/send':
        return send(request);
      case 'GET /': {
        const nonce = randomBytes(16).toString('base64');
        return html(inboxPage(messages.all(), searchParams.get('id'), nonce), pagePolicy(nonce));
      }
      case 'GET /messages':
        return json(messages.all().map(withoutContents));
      case 'DELETE /messages':
        await messages.clear();
        return { status: 204 };
      case 'POST /fail-next': {
        const failure = searchParams.get('failure') ?? '500';
        planned = {
          times: Number(searchParams.get('times') ?? 1),
          failure: failure === 'silence' || failure === 'lost answer' ? failure : Number(failure),
        };
        return { status: 204 };
      }
    }
    if (request.method !== 'GET' || first !== 'messages' || message === undefined) return json({ message: 'no such path' }, 404);
    if (third === undefined) return json(withoutContents(message));
    if (third === 'html') return html(mailHtml(message), MAIL_POLICY);
    return attachmentReply(message, third, number);
  };

  const server = createServer((request, response) => {
    const answer = (reply: Reply | undefined) => {
      if (reply === undefined) return void response.destroy();
      response
        .writeHead(reply.status, { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', ...reply.headers })
        .end(reply.body);
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
    refuse: (email, isRefused) => void (isRefused ? refused.add(email) : refused.delete(email)),
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

const html = (body: string, policy: string): Reply => {
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }, body };
};

function refuse(status: number, errors: unknown[]): Reply {
  const reply = json({ errors }, status);
  const inAMinute = String(Math.ceil(Date.now() / 1_000) + 60);
  if (status === 429) Object.assign(reply.headers ?? {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inAMinute });
  return reply;
}

function withoutContents({ attachments, ...message }: Message) {
  return {
    ...message,
    attachments: attachments.map(({ content, ...attachment }) => ({ ...attachment, bytes: Buffer.byteLength(content, 'base64') })),
  };
}

function attachmentReply(message: Message, segment: string, number: string | undefined): Reply {
  const attachment = segment === 'attachments' && number ? message.attachments[Number(number)] : undefined;
  if (attachment === undefined) return json({ message: 'no such attachment' }, 404);
  // never shown in place: an attached page would run as a page of the inbox
  const headers = {
    'content-type': attachment.type,
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(attachment.filename)}`,
  };
  return { status: 200, headers, body: Buffer.from(attachment.content, 'base64') };
}

/** Undefined when the body is larger than SendGrid takes; the rest of it is read and forgotten. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size <= MAX_BYTES) pieces.push(piece);
  }
  return size > MAX_BYTES ? undefined : Buffer.concat(pieces).toString('utf8');
}

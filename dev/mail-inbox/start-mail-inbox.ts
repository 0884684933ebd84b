import type { IncomingMessage } from 'node:http';
import {
  type Answer,
  type Desk,
  html,
  type Inbox,
  type InboxOptions,
  json,
  type Reply,
  readBody,
  serveInbox,
} from '../inbox/serve-inbox.ts';
import { inboxPage, MAIL_POLICY, type Message, mailHtml } from './inbox-page.ts';
import { type Mail, readMailRequest } from './read-mail-request.ts';

export type MailInbox = Inbox<Mail> & {
  /** From now on this address is refused for good, as an invalid one; or accepted again. */
  refuse(email: string, isRefused: boolean): void;
};

/** SendGrid counts the whole message, attachments as base64 included. */
const MAX_BYTES = 30 * 1024 * 1024;
const FAILURES: Record<number, string> = {
  400: 'Bad Request',
  401: 'The provided authorization grant is invalid, expired, or revoked',
  403: 'access forbidden',
  413: 'The payload is too large.',
  429: 'too many requests',
};

/** Takes mail as SendGrid's v3 `POST /v3/mail/send` does. What every inbox has is in serve-inbox.ts. */
export async function startMailInbox(options: InboxOptions = {}): Promise<MailInbox> {
  const refused = new Set<string>();

  const send = async (request: IncomingMessage, { add, nextFailure }: Desk<Mail>): Promise<Answer> => {
    const body = await readBody(request, MAX_BYTES);
    const failure = nextFailure();
    if (failure === 'silence') return 'cut';
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
    const id = await add(read.mails);
    return failure === 'lost answer' ? 'cut' : { status: 202, headers: { 'x-message-id': id } };
  };

  const inbox = await serveInbox<Mail>(options, {
    page: inboxPage,
    show: withoutContents,
    answer: (request, { pathname }, desk) => {
      if (`${request.method} ${pathname}` === 'POST /v3/mail/send') return send(request, desk);
      const [, first, id = '', third, number] = pathname.split('/').map(decodeURIComponent);
      const message = desk.find(id);
      if (request.method !== 'GET' || first !== 'messages' || message === undefined) return undefined;
      if (third === undefined) return json(withoutContents(message));
      if (third === 'html') return html(mailHtml(message), MAIL_POLICY);
      return attachmentReply(message, third, number);
    },
  });
  return { ...inbox, refuse: (email, isRefused) => void (isRefused ? refused.add(email) : refused.delete(email)) };
}

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
  // never shown inline: an attached page would run as a page of the inbox
  const headers = {
    'content-type': attachment.type,
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(attachment.filename)}`,
  };
  return { status: 200, headers, body: Buffer.from(attachment.content, 'base64') };
}

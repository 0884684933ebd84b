import type { IncomingMessage } from 'node:http';
import { type Answer as Answered, type Desk, type Inbox, type InboxOptions, json, readBody, serveInbox } from '../inbox/serve-inbox.ts';
import { answerAsAfricasTalking } from './africastalking.ts';
import type { Answer, TextMessage } from './answer.ts';
import { smsPage } from './sms-page.ts';
import { answerAsTwilio } from './twilio.ts';

/** `to` of its messages is 2547XXXXXXXX. */
export type SmsInbox = Inbox<TextMessage> & {
  /** From now on this number (2547XXXXXXXX) is refused for good, with the provider's own code; without a code it is taken again. */
  refuse(to: string, code?: number): void;
};

const MAX_BYTES = 64 * 1024;

/** Takes SMS as Africa's Talking and Twilio do. What every inbox has is in serve-inbox.ts. Other processes may ask for `POST /refuse?to=&code=` as well. */
export async function startSmsInbox(options: InboxOptions = {}): Promise<SmsInbox> {
  const refusals = new Map<string, number>();
  const refused = (number: string) => refusals.get(number.replace(/^\+/, ''));
  const refuse = (to: string, code?: number) => void (code === undefined ? refusals.delete(to) : refusals.set(to, code));

  const inbox = await serveInbox<TextMessage>(options, {
    page: (messages, _, nonce) => smsPage(messages, nonce),
    show: (message) => message,
    answer: (request, { pathname, searchParams }, desk) => {
      const accountSid = /^\/2010-04-01\/Accounts\/([^/]+)\/Messages\.json$/.exec(pathname)?.[1];
      if (request.method === 'POST' && accountSid)
        return take(request, desk, (form) => answerAsTwilio(accountSid, { headers: request.headers, form }, refused));
      switch (`${request.method} ${pathname}`) {
        case 'POST /version1/messaging':
          return take(request, desk, (form) => answerAsAfricasTalking({ headers: request.headers, form }, refused));
        case 'POST /refuse': {
          const code = searchParams.get('code');
          refuse(searchParams.get('to') ?? '', code === null ? undefined : Number(code));
          return { status: 204 };
        }
      }
      return undefined;
    },
  });
  return { ...inbox, refuse };
}

async function take(
  request: IncomingMessage,
  { add, nextFailure }: Desk<TextMessage>,
  judge: (form: URLSearchParams) => Answer,
): Promise<Answered> {
  const form = new URLSearchParams(await readBody(request, MAX_BYTES));
  const failure = nextFailure();
  if (failure === 'silence') return 'cut';
  if (typeof failure === 'number') return json({ message: 'failed as planned', status: failure }, failure);
  const { status, body, taken } = judge(form);
  if (taken.length > 0) await add(taken);
  if (failure === 'lost answer') return 'cut';
  return typeof body === 'string' ? { status, headers: { 'content-type': 'text/plain' }, body } : json(body, status);
}

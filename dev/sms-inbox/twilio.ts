import { randomBytes } from 'node:crypto';
import { type Answer, type FormRequest, INTERNATIONAL, type Refused } from './answer.ts';

const LONGEST = 1_600;

/** Judges a request as Twilio's `POST /2010-04-01/Accounts/{sid}/Messages.json` does. */
export function answerAsTwilio(accountSid: string, { headers, form }: FormRequest, refused: Refused): Answer {
  const [user, password] = Buffer.from(/^Basic (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '', 'base64')
    .toString('utf8')
    .split(':');
  if (user !== accountSid || !password) return refuse(401, 20003, 'Authenticate');
  const [to, from, body] = ['To', 'From', 'Body'].map((name) => form.get(name) ?? '') as [string, string, string];
  if (to === '') return refuse(400, 21604, "A 'To' phone number is required.");
  if (from === '') return refuse(400, 21603, "A 'From' phone number is required.");
  if (body === '') return refuse(400, 21602, 'Message body is required.');
  if (!INTERNATIONAL.test(to)) return refuse(400, 21211, `Invalid 'To' Phone Number: ${to}`);
  const code = refused(to);
  if (code !== undefined) return refuse(400, code, `Refused: ${to}`);
  if (body.length > LONGEST) return refuse(400, 21617, 'The concatenated message body exceeds the 1600 character limit.');
  const sid = `SM${randomBytes(16).toString('hex')}`;
  const message = {
    ...{ sid, account_sid: accountSid, to, from, body, status: 'queued', direction: 'outbound-api', num_media: '0', price: null },
    ...{ num_segments: String(Math.ceil(body.length / 160)), error_code: null, error_message: null, api_version: '2010-04-01' },
    ...{ date_created: new Date().toUTCString(), uri: `/2010-04-01/Accounts/${accountSid}/Messages/${sid}.json` },
  };
  return { status: 201, body: message, taken: [{ provider: 'twilio', to: to.slice(1), from, text: body }] };
}

const refuse = (status: number, code: number, message: string): Answer => ({
  status,
  body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
  taken: [],
});

import * as z from 'zod';
import type { SmsSettings } from '../config/sms.ts';
import { ProviderFailure, Refusal } from '../outbox/refusal.ts';
import { postForm, type Sms } from './sms.ts';

type Settings = Omit<Extract<SmsSettings, { provider: 'twilio' }>, 'provider'>;

/** Error codes of a number to which Twilio will never deliver. */
const REFUSED: Record<number, string> = {
  21211: 'the number is not valid',
  21610: 'the owner has blocked our messages',
  21614: 'the number is no mobile',
};

/** The text is too long. */
const TOO_LONG = 21617;

const Answer = z.object({ sid: z.string().optional(), status: z.union([z.string(), z.number()]), code: z.number().optional() });

/** Sends through Twilio. */
export const createTwilioSms = ({ baseUrl, accountSid, authToken, from }: Settings): Sms => ({
  async send({ to, text }) {
    const headers = { authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}` };
    const url = `${baseUrl}/2010-04-01/Accounts/${accountSid}/Messages.json`;
    const { status, json } = await postForm('Twilio', url, headers, { To: `+${to}`, From: from, Body: text });
    const answer = Answer.safeParse(json).data;
    const refused = answer?.code && REFUSED[answer.code];
    if (refused) throw new Refusal('address', `Twilio refuses the number: ${refused} (code ${answer.code}).`);
    if (answer?.code === TOO_LONG) throw new Refusal('message', `Twilio refuses the SMS: it is too long (code ${TOO_LONG}).`);
    if (status !== 201 || !answer?.sid || answer.status === 'failed' || answer.status === 'undelivered')
      throw new ProviderFailure(`Twilio did not take the SMS: HTTP ${status}, code ${answer?.code ?? 'none'}.`);
  },
});

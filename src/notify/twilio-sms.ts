import * as z from 'zod';
import type { SmsSettings } from '../config/sms.ts';
import { postForm } from './post-form.ts';
import type { Sms } from './sms.ts';

type Settings = Omit<Extract<SmsSettings, { provider: 'twilio' }>, 'provider'>;

const Answer = z.object({ sid: z.string().optional(), status: z.union([z.string(), z.number()]), code: z.number().optional() });

/** Sends through Twilio. */
export const createTwilioSms = ({ baseUrl, accountSid, authToken, from }: Settings): Sms => ({
  async send({ to, text }) {
    const headers = { authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}` };
    const url = `${baseUrl}/2010-04-01/Accounts/${accountSid}/Messages.json`;
    const { status, json } = await postForm('Twilio', url, headers, { To: `+${to}`, From: from, Body: text });
    const answer = Answer.safeParse(json).data;
    if (status !== 201 || !answer?.sid || answer.status === 'failed' || answer.status === 'undelivered')
      throw new Error(`Twilio did not take the SMS: HTTP ${status}, code ${answer?.code ?? 'none'}.`);
  },
});

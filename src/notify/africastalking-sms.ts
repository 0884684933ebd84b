import * as z from 'zod';
import type { SmsSettings } from '../config/sms.ts';
import { postForm } from './post-form.ts';
import type { Sms } from './sms.ts';

type Settings = Omit<Extract<SmsSettings, { provider: 'africastalking' }>, 'provider'>;

const NAME = "Africa's Talking";

/** Processed, sent and queued; everything above says that it will not be delivered. */
const TAKEN = [100, 101, 102];

const Answer = z.object({ SMSMessageData: z.object({ Recipients: z.array(z.object({ statusCode: z.number() })) }) });

/** Sends through Africa's Talking. It answers 201 for a message that it refuses too: the recipient's own status decides. */
export const createAfricasTalkingSms = ({ baseUrl, username, apiKey, senderId }: Settings): Sms => ({
  async send({ to, text }) {
    const form = { username, to: `+${to}`, message: text, ...(senderId && { from: senderId }) };
    const { status, json } = await postForm(NAME, `${baseUrl}/version1/messaging`, { apiKey }, form);
    const [recipient] = Answer.safeParse(json).data?.SMSMessageData.Recipients ?? [];
    if (status >= 300 || !recipient || !TAKEN.includes(recipient.statusCode))
      throw new Error(`${NAME} did not take the SMS: HTTP ${status}, status ${recipient?.statusCode ?? 'none'}.`);
  },
});

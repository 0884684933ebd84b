import * as z from 'zod';
import type { SmsSettings } from '../config/sms.ts';
import { ProviderFailure, Refusal } from '../outbox/refusal.ts';
import { postForm, type Sms } from './sms.ts';

type Settings = Omit<Extract<SmsSettings, { provider: 'africastalking' }>, 'provider'>;

const NAME = "Africa's Talking";

/** Processed, sent and queued; every code above means that the message will not be delivered. */
const TAKEN = [100, 101, 102];

/** Status codes of a number to which Africa's Talking will never deliver. */
const REFUSED: Record<number, string> = {
  403: 'the number is not valid',
  404: 'this type of number is not supported',
  406: 'the owner has blocked our messages',
  409: 'the owner does not want to be disturbed',
};

const Answer = z.object({ SMSMessageData: z.object({ Recipients: z.array(z.object({ statusCode: z.number() })) }) });

/** Sends through Africa's Talking. It answers 201 even if it refuses the message: the recipient's status decides. */
export const createAfricasTalkingSms = ({ baseUrl, username, apiKey, senderId }: Settings): Sms => ({
  async send({ to, text }) {
    const form = { username, to: `+${to}`, message: text, ...(senderId && { from: senderId }) };
    const { status, json } = await postForm(NAME, `${baseUrl}/version1/messaging`, { apiKey }, form);
    const [recipient] = Answer.safeParse(json).data?.SMSMessageData.Recipients ?? [];
    const refused = recipient && REFUSED[recipient.statusCode];
    if (refused) throw new Refusal('address', `${NAME} refuses the number: ${refused} (status ${recipient.statusCode}).`);
    if (status >= 300 || !recipient || !TAKEN.includes(recipient.statusCode))
      throw new ProviderFailure(`${NAME} did not take the SMS: HTTP ${status}, status ${recipient?.statusCode ?? 'none'}.`);
  },
});

import * as z from 'zod';
import { filled, secret, url } from './shapes.ts';

const AFRICASTALKING = { live: 'https://api.africastalking.com', sandbox: 'https://api.sandbox.africastalking.com' };
const TWILIO = 'https://api.twilio.com';

/** The variables of SMS. */
export const SMS_VARIABLES = {
  SMS_PROVIDER: z.enum(['africastalking', 'twilio', 'none'], { error: 'is africastalking, twilio or none' }).default('none'),
  AFRICASTALKING_USERNAME: filled.optional(),
  AFRICASTALKING_API_KEY: secret.optional(),
  AFRICASTALKING_SENDER_ID: z
    .string()
    .regex(/^[\w .&-]{1,11}$/, 'is a sender name of at most 11 characters, or a short code')
    .optional(),
  AFRICASTALKING_BASE_URL: url.optional(),
  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-fA-F]{32}$/, 'is AC and 32 hexadecimal digits')
    .optional(),
  TWILIO_AUTH_TOKEN: secret.optional(),
  TWILIO_PHONE_NUMBER: z
    .string()
    .regex(/^(\+\d{8,15}|[A-Za-z0-9 ]{1,11})$/, 'is a number like +254712345678 or a sender name of at most 11 characters')
    .optional(),
  TWILIO_BASE_URL: url.optional(),
};

type SmsVariables = z.output<z.ZodObject<typeof SMS_VARIABLES>>;

/** How SMS are sent: through one of two providers, or not at all. */
export type SmsSettings =
  | { provider: 'none' }
  | { provider: 'africastalking'; baseUrl: string; username: string; apiKey: string; senderId: string | undefined }
  | { provider: 'twilio'; baseUrl: string; accountSid: string; authToken: string; from: string };

const NEEDED: Record<string, readonly string[]> = {
  africastalking: ['AFRICASTALKING_USERNAME', 'AFRICASTALKING_API_KEY'],
  twilio: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_PHONE_NUMBER'],
};

/** Findings about what the chosen provider lacks. In production SMS go through the providers' own addresses only. */
export const smsContradictions = (set: NodeJS.ProcessEnv): [boolean, string][] => [
  ...(NEEDED[set.SMS_PROVIDER ?? 'none'] ?? []).map((name): [boolean, string] => [
    !set[name],
    `${name} is missing (SMS_PROVIDER is ${set.SMS_PROVIDER})`,
  ]),
  ...['AFRICASTALKING_BASE_URL', 'TWILIO_BASE_URL'].map((name): [boolean, string] => [
    set.MPESA_ENV === 'production' && set[name] !== undefined,
    `${name} may not be set in production`,
  ]),
];

/** The variables of SMS, grouped. Africa's Talking's sandbox is chosen by its user name, which is "sandbox" for everybody. */
export function smsSettings(env: SmsVariables): SmsSettings {
  if (env.SMS_PROVIDER === 'africastalking') {
    const username = env.AFRICASTALKING_USERNAME ?? '';
    const usual = username === 'sandbox' ? AFRICASTALKING.sandbox : AFRICASTALKING.live;
    const own = { username, apiKey: env.AFRICASTALKING_API_KEY ?? '', senderId: env.AFRICASTALKING_SENDER_ID };
    return { provider: 'africastalking', baseUrl: env.AFRICASTALKING_BASE_URL ?? usual, ...own };
  }
  if (env.SMS_PROVIDER === 'none') return { provider: 'none' };
  const own = { accountSid: env.TWILIO_ACCOUNT_SID ?? '', authToken: env.TWILIO_AUTH_TOKEN ?? '', from: env.TWILIO_PHONE_NUMBER ?? '' };
  return { provider: 'twilio', baseUrl: env.TWILIO_BASE_URL ?? TWILIO, ...own };
}

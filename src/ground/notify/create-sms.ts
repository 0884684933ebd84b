import type { SmsSettings } from '../config/sms.ts';
import { createAfricasTalkingSms } from './africastalking-sms.ts';
import type { Sms } from './sms.ts';
import { createTwilioSms } from './twilio-sms.ts';

/** The configured provider; undefined where SMS are off. */
export function createSms(settings: SmsSettings): Sms | undefined {
  if (settings.provider === 'africastalking') return createAfricasTalkingSms(settings);
  if (settings.provider === 'twilio') return createTwilioSms(settings);
  return undefined;
}

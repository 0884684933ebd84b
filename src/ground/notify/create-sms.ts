import type { SmsSettings } from '../config/sms.ts';
import { isStandIn } from '../text/stand-in.ts';
import { createAfricasTalkingSms } from './africastalking-sms.ts';
import type { Sms } from './sms.ts';
import { createTwilioSms } from './twilio-sms.ts';

/** The configured provider; undefined where SMS are off. Nothing is sent to somebody who was anonymised. */
export function createSms(settings: SmsSettings): Sms | undefined {
  const provider = createProvider(settings);
  return provider && { send: async (message) => (isStandIn(message.to) ? undefined : provider.send(message)) };
}

function createProvider(settings: SmsSettings): Sms | undefined {
  if (settings.provider === 'africastalking') return createAfricasTalkingSms(settings);
  if (settings.provider === 'twilio') return createTwilioSms(settings);
  return undefined;
}

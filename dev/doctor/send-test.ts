import { randomUUID } from 'node:crypto';
import { createSms } from '#ground/notify/create-sms.ts';
import { createSendGridMailer } from '#ground/notify/sendgrid-mailer.ts';
import { Refusal } from '#ground/outbox/refusal.ts';
import { readPhone } from '#ground/text/phone.ts';
import { type Check, type Finding, findings } from './finding.ts';
import { readConfiguration } from './read-configuration.ts';

const sms = findings('test SMS');
const mail = findings('test mail');

const WORDS = 'This is a test that you asked for. Nothing is to be done.';
const NO_PHONE = 'Name your own phone: --send-test --phone 0712345678.';

/** Sends one SMS and one mail to whoever asks, where they have said where: `--send-test --phone ... --email ...`. Neither is repeated or kept. */
export const sendTest: Check = async ({ environment, sendTo }) => {
  const config = readConfiguration(environment);
  if (!sendTo || !config) return [];
  const { name } = config.organisation;
  return Promise.all([sendSms(), sendMail()]);

  async function sendSms(): Promise<Finding> {
    const provider = config?.sms && createSms(config.sms);
    if (!provider) return sms.ok('SMS are off (SMS_PROVIDER), so none was sent.');
    const to = readPhone(sendTo?.phone ?? '');
    if (!to) return sms.fail('None was sent: --phone is missing, or no Kenyan mobile number.', NO_PHONE);
    const sent = provider.send({ id: randomUUID(), to, text: `${name}: ${WORDS}` });
    return judge(sent, sms, 'The provider took it: look at the phone.', "Compare the provider's variables with its console.");
  }

  async function sendMail(): Promise<Finding> {
    const { email } = sendTo ?? {};
    if (!config || !email?.includes('@'))
      return mail.fail('None was sent: --email is missing.', 'Name your own: --send-test --email you@example.com.');
    const content = { subject: `${name}: test`, text: `${WORDS}\n`, html: `<p>${WORDS}</p>`, attachments: [] };
    const sent = createSendGridMailer(config).send({ id: randomUUID(), to: email, ...content });
    return judge(
      sent,
      mail,
      'SendGrid took it: look into the inbox, and whether it lies in spam.',
      'The sender must be verified at SendGrid.',
    );
  }
};

async function judge(sent: Promise<void>, { ok, fail }: ReturnType<typeof findings>, says: string, mend: string): Promise<Finding> {
  try {
    await sent;
    return ok(says);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'It was not taken.';
    return fail(why, error instanceof Refusal ? 'The address is refused for good: try another of your own.' : mend);
  }
}

import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendTest } from '../../dev/doctor/send-test.ts';
import { type MailInbox, startMailInbox } from '../../dev/mail-inbox/start-mail-inbox.ts';
import { type SmsInbox, startSmsInbox } from '../../dev/sms-inbox/start-sms-inbox.ts';
import { goodEnvironment, patient, serveAlways } from './patient.ts';

let mails: MailInbox;
let phones: SmsInbox;
beforeAll(async () => {
  [mails, phones] = await Promise.all([startMailInbox(), startSmsInbox()]);
});
afterAll(() => Promise.all([mails.stop(), phones.stop()]));

const environment = (changes: Record<string, string> = {}) =>
  goodEnvironment({
    ...{ SENDGRID_BASE_URL: mails.url, SMS_PROVIDER: 'africastalking', AFRICASTALKING_USERNAME: 'sandbox' },
    ...{ AFRICASTALKING_API_KEY: 'at-canary', AFRICASTALKING_BASE_URL: phones.url, ...changes },
  });
const me = { phone: '0712 345 678', email: 'wanjiru@example.com' };

test('one SMS and one mail arrive, once, and nothing names a key', async () => {
  const found = await sendTest(patient(environment(), { sendTo: me }));
  expect(found.map(({ check, state }) => [check, state])).toEqual([
    ['test SMS', 'ok'],
    ['test mail', 'ok'],
  ]);
  expect(phones.messages().map(({ to, text }) => [to, text])).toEqual([['254712345678', expect.stringMatching(/^Duka la Kahawa: .*test/)]]);
  expect(mails.messages()).toHaveLength(1);
  expect(JSON.stringify(mails.messages())).toContain('wanjiru@example.com');
  expect(JSON.stringify(found)).not.toMatch(/canary|wanjiru|712/);
});

test('nothing is sent unless it is asked for', async () => {
  const before = [mails.messages().length, phones.messages().length];
  expect(await sendTest(patient(environment()))).toEqual([]);
  expect([mails.messages().length, phones.messages().length]).toEqual(before);
});

test('who does not say where gets nothing and is told so; where SMS are off a mail goes alone', async () => {
  const none = await sendTest(patient(environment(), { sendTo: {} }));
  expect(none.map(({ state, says, mend }) => [state, says, mend])).toEqual([
    ['fail', expect.stringContaining('--phone'), expect.stringContaining('--phone')],
    ['fail', expect.stringContaining('--email'), expect.stringContaining('--email')],
  ]);
  const landline = await sendTest(patient(environment(), { sendTo: { ...me, phone: '020 1234567' } }));
  expect(landline[0]).toMatchObject({ state: 'fail' });
  const [sms, mail] = await sendTest(patient(environment({ SMS_PROVIDER: 'none' }), { sendTo: me }));
  expect([sms, mail]).toMatchObject([{ state: 'ok', says: expect.stringContaining('off') }, { state: 'ok' }]);
});

test('a provider that refuses is quoted without what was sent', async () => {
  const broken = await serveAlways(500, { errors: [{ message: 'canary' }] });
  const found = await sendTest(
    patient(environment({ SENDGRID_BASE_URL: broken.url, AFRICASTALKING_BASE_URL: broken.url }), { sendTo: me }),
  );
  expect(found.map(({ state }) => state)).toEqual(['fail', 'fail']);
  expect(JSON.stringify(found)).not.toMatch(/canary|wanjiru|712/);
  await broken.stop();
});

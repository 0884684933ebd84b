import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ConfigError, parseConfig } from '#ground/config/config.ts';
import type { SmsSettings } from '#ground/config/sms.ts';
import { createSms } from '#ground/notify/create-sms.ts';
import { type SmsInbox, startSmsInbox } from '../../dev/sms-inbox/start-sms-inbox.ts';
import { goodEnvironment } from '../going-live/patient.ts';

let inbox: SmsInbox;
beforeAll(async () => {
  inbox = await startSmsInbox();
});
beforeEach(() => inbox.clear());
afterAll(() => inbox.stop());

const SID = `AC${'0'.repeat(32)}`;
const MESSAGE = { id: 'm1', to: '254712345678', text: 'Karibu & asante = 100% + é' };
const SECRET = 'canary-secret';

const settings = (provider: string, baseUrl = inbox.url): SmsSettings =>
  provider === 'twilio'
    ? { provider, baseUrl, accountSid: SID, authToken: SECRET, from: '+15005550006' }
    : { provider: 'africastalking', baseUrl, username: 'duka', apiKey: SECRET, senderId: 'DUKA' };

const failureOf = async (provider: string, baseUrl?: string): Promise<string> => {
  const failed = createSms(settings(provider, baseUrl))?.send(MESSAGE);
  const error = await failed?.then(
    () => undefined,
    (reason: Error) => reason,
  );
  return error ? `${error.message} ${error.cause ?? ''}` : 'taken';
};

describe.each(['africastalking', 'twilio'])('%s', (provider) => {
  test('takes a message to the letter', async () => {
    await createSms(settings(provider))?.send(MESSAGE);
    expect(inbox.messages()).toMatchObject([{ provider, to: MESSAGE.to, text: MESSAGE.text }]);
  });

  test.each([400, 401, 429, 500, 503, 'silence', 'lost answer'] as const)(
    'says that it did not work when it answers %s',
    async (failure) => {
      inbox.failNext(1, failure);
      expect(await failureOf(provider)).toMatch(/did not take the SMS|was not reached/);
    },
  );

  test('is never followed to another place, and no error names a phone, a text or a secret', async () => {
    const elsewhere = createServer((_request, response) =>
      response.writeHead(307, { location: `${inbox.url}/version1/messaging?${MESSAGE.to}` }).end(),
    );
    await new Promise<void>((ready) => elsewhere.listen(0, '127.0.0.1', ready));
    const said = [await failureOf(provider, `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`)];
    elsewhere.close();
    inbox.failNext(1, 400);
    said.push(await failureOf(provider), await failureOf(provider, 'http://127.0.0.1:1'));
    expect(inbox.messages()).toEqual([]);
    for (const text of said) {
      expect(text).toMatch(/did not take|not reached/);
      expect(text).not.toMatch(/712345678|Karibu|canary/);
    }
  });
});

test("Africa's Talking refuses a recipient inside a 201, and that counts as not sent", async () => {
  const sms = createSms(settings('africastalking'));
  await expect(sms?.send({ ...MESSAGE, to: '12' })).rejects.toThrow('status 403');
});

test('Twilio refuses other credentials and a bad number', async () => {
  const other = { ...settings('twilio'), accountSid: `AC${'1'.repeat(32)}` } as SmsSettings;
  await createSms(other)?.send(MESSAGE);
  await expect(createSms(settings('twilio'))?.send({ ...MESSAGE, to: '12' })).rejects.toThrow('code 21211');
});

test('the page shows the messages and runs nothing that they hold', async () => {
  await createSms(settings('twilio'))?.send({ ...MESSAGE, text: '<script>alert(1)</script>' });
  const page = await fetch(inbox.url);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await page.text()).not.toContain('<script>alert');
});

const findings = (changes: Record<string, string>) => {
  try {
    parseConfig(goodEnvironment(changes));
    return [];
  } catch (error) {
    return (error as ConfigError).findings;
  }
};

test('a provider needs its account, production only its own address', () => {
  expect(findings({ SMS_PROVIDER: 'africastalking' })).toEqual([
    'AFRICASTALKING_USERNAME is missing (SMS_PROVIDER is africastalking)',
    'AFRICASTALKING_API_KEY is missing (SMS_PROVIDER is africastalking)',
  ]);
  expect(findings({ SMS_PROVIDER: 'twilio', TWILIO_ACCOUNT_SID: SID, TWILIO_AUTH_TOKEN: 'x' })).toEqual([
    'TWILIO_PHONE_NUMBER is missing (SMS_PROVIDER is twilio)',
  ]);
  const live = { MPESA_ENV: 'production', MPESA_SHORTCODE: '123456', MPESA_PASSKEY: 'x' };
  expect(findings({ ...live, TWILIO_BASE_URL: 'https://x.example', AFRICASTALKING_BASE_URL: 'https://x.example' })).toEqual([
    'AFRICASTALKING_BASE_URL may not be set in production',
    'TWILIO_BASE_URL may not be set in production',
  ]);
  expect(findings({ SESSION_SECRET: 'short' })).toEqual([expect.stringMatching(/^SESSION_SECRET is not one 32-byte base64 key/)]);
});

test("Africa's Talking's sandbox is chosen by its user name", () => {
  const chosen = (username: string) =>
    parseConfig(goodEnvironment({ SMS_PROVIDER: 'africastalking', AFRICASTALKING_USERNAME: username, AFRICASTALKING_API_KEY: 'x' })).sms;
  expect(chosen('sandbox')).toMatchObject({ baseUrl: 'https://api.sandbox.africastalking.com' });
  expect(chosen('duka')).toMatchObject({ baseUrl: 'https://api.africastalking.com' });
});

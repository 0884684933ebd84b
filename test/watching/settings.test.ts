import { expect, test } from 'vitest';
import { ConfigError, parseConfig } from '#ground/config/config.ts';
import { goodEnvironment } from '../going-live/patient.ts';

const findings = (more: Record<string, string>): string[] => {
  try {
    parseConfig(goodEnvironment(more));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.findings;
    throw error;
  }
};

test.each(['ALERT_WEBHOOK_URL', 'HEARTBEAT_URL', 'ERROR_SINK_DSN'])('%s is https, but for loopback in the local world', (name) => {
  const to = (address: string) => (name === 'ERROR_SINK_DSN' ? `${address.replace('//', '//key@')}/1` : address);
  const local = { SITE_URL: 'http://127.0.0.1:8888' };
  expect(findings({ [name]: to('https://watch.example') })).toEqual([]);
  expect(findings({ [name]: to('http://watch.example') })).toEqual([`${name} must be https`]);
  expect(findings({ [name]: to('http://127.0.0.1:4020') })).toEqual([`${name} must be https`]);
  expect(findings({ ...local, [name]: to('http://127.0.0.1:4020') })).toEqual([]);
  expect(findings({ ...local, [name]: to('http://watch.example') })).toEqual([`${name} must be https`]);
});

test('loopback is called where the site itself is on it, and in no production', () => {
  expect(parseConfig(goodEnvironment({ SITE_URL: 'http://127.0.0.1:8888' })).outbound).toEqual({
    allowsLoopback: true,
    ownHost: '127.0.0.1:8888',
  });
  expect(parseConfig(goodEnvironment({ SITE_URL: 'https://duka.example' })).outbound).toEqual({
    allowsLoopback: false,
    ownHost: 'duka.example',
  });
});

test('ALERT_EMAILS are addresses, nobody, or whoever the people are', () => {
  const emailsOf = (more: Record<string, string>) => parseConfig(goodEnvironment(more)).alerts.emails;
  expect(emailsOf({})).toBeUndefined();
  expect(emailsOf({ ALERT_EMAILS: 'none' })).toEqual([]);
  expect(emailsOf({ ALERT_EMAILS: 'a@example.com; b@example.com' })).toEqual(['a@example.com', 'b@example.com']);
  expect(findings({ ALERT_EMAILS: 'a@example.com, nobody' })).toEqual([
    expect.stringMatching(/^ALERT_EMAILS names no e-mail address in its entry 2/),
  ]);
  expect(findings({ ALERT_EMAILS: 'none, a@example.com' })).toHaveLength(1);
});

test('ERROR_SINK_DSN becomes the address of its envelopes', () => {
  const sinkOf = (text: string) => parseConfig(goodEnvironment({ ERROR_SINK_DSN: text })).errorSink;
  expect(sinkOf('https://abc@o1.ingest.sentry.io/42')).toEqual({ url: 'https://o1.ingest.sentry.io/api/42/envelope/', key: 'abc' });
  expect(sinkOf('https://abc@errors.example/deep/7')).toEqual({ url: 'https://errors.example/deep/api/7/envelope/', key: 'abc' });
  for (const wrong of ['https://errors.example/1', 'https://abc@errors.example/', 'nonsense', 'ftp://abc@errors.example/1'])
    expect(findings({ ERROR_SINK_DSN: wrong })).toEqual(['ERROR_SINK_DSN is not a DSN such as https://key@errors.example/1']);
});

test('the day of the password is a day', () => {
  expect(findings({ MPESA_INITIATOR_PASSWORD_SET_ON: '30.11.2026' })).toEqual([
    'MPESA_INITIATOR_PASSWORD_SET_ON is not a day such as 2026-11-30',
  ]);
});

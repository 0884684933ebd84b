import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createSimulator, type Simulator } from '../../dev/daraja/simulator.ts';
import { checkSafaricom } from '../../dev/doctor/check-safaricom.ts';
import { checkSendGrid } from '../../dev/doctor/check-sendgrid.ts';
import { checkSite } from '../../dev/doctor/check-site.ts';
import { type MailInbox, startMailInbox } from '../../dev/mail-inbox/start-mail-inbox.ts';
import { goodEnvironment, patient, serve, serveAlways, troubles } from './patient.ts';

let simulator: Simulator;
let inbox: MailInbox;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  simulator = await createSimulator({ seed: 1 });
  inbox = await startMailInbox();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(async () => {
  await simulator.stop();
  await inbox.stop();
});

const outside = { fetch, timeoutMs: 1_000 };

describe('Safaricom', () => {
  const sandbox = (changes = {}) => goodEnvironment({ MPESA_BASE_URL: simulator.url, ...changes });

  test('that gives a token is well, and the token is not printed', async () => {
    const said: string[] = [];
    const listening: typeof fetch = async (...call) => {
      const response = await fetch(...call);
      said.push(((await response.clone().json()) as { access_token: string }).access_token);
      return response;
    };
    const found = await checkSafaricom(patient(sandbox(), { fetch: listening }));
    expect(found).toEqual([
      expect.objectContaining({ state: 'ok', says: expect.stringMatching(/gave a token for our app; it lives 60 minutes/) }),
    ]);
    expect(said).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain(said[0]?.slice(0, 8));
  });

  test('that does not know the keys is told apart, with the environment they belong to', async () => {
    const found = await checkSafaricom(patient(sandbox({ MPESA_CONSUMER_SECRET: 'wrong-secret-canary' }), outside));
    expect(found[0]).toMatchObject({ state: 'fail', says: expect.stringContaining('does not know this pair') });
    expect(found[0]?.mend).toContain('keys of a production app work there only');
    expect(JSON.stringify(found)).not.toContain('canary');
  });

  test.each([
    ['waf', 1, 'firewall'],
    ['spike-arrest', 1, 'too many requests'],
    ['server-error', 3, 'failure of its own'],
    ['maintenance', 3, 'under maintenance'],
    ['not-json', 3, 'is not a token'],
    ['drop-before', 3, 'broke off'],
    ['hang', 3, 'did not answer in time'],
  ] as const)('that fails with %s is told in words', async (fault, times, words) => {
    simulator.control.fault({ api: 'oauth', fault, times });
    expect(await troubles(checkSafaricom, sandbox(), outside)).toEqual([expect.stringMatching(new RegExp(`^fail: .*${words}`))]);
    simulator.control.reset({});
  });

  test('that cannot be reached is told from one that refuses', async () => {
    const { url, stop } = await serveAlways(200, '');
    await stop();
    expect(await troubles(checkSafaricom, sandbox({ MPESA_BASE_URL: url }), outside)).toEqual([
      expect.stringMatching(/^fail: .*cannot be reached: nothing listens there/),
    ]);
  });

  test.each([
    [6 * 60_000, /^warn: The clock of this machine is 6 minutes ahead of/],
    [-6 * 60_000, /^warn: The clock of this machine is 6 minutes behind/],
    [4 * 60_000, undefined],
  ])('a clock that is %i ms off', async (offMs, says) => {
    const clock = { now: () => new Date(Date.now() + offMs) };
    expect(await troubles(checkSafaricom, sandbox(), { ...outside, clock })).toEqual(says ? [expect.stringMatching(says)] : []);
  });

  test('is not asked while its keys are missing', async () => {
    expect(await checkSafaricom(patient(sandbox({ MPESA_CONSUMER_KEY: undefined })))).toEqual([]);
  });
});

describe('SendGrid', () => {
  const at = (SENDGRID_BASE_URL: string, changes = {}) => goodEnvironment({ SENDGRID_BASE_URL, ...changes });

  test('that lists mail.send for the key is well, and is asked with the key and nothing else', async () => {
    const asked: unknown[] = [];
    const { url, stop } = await serve((request, response) => {
      asked.push([request.method, request.url, request.headers.authorization]);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"scopes":["mail.send","alerts.read"]}');
    });
    stops.push(stop);
    expect(await troubles(checkSendGrid, at(url), outside)).toEqual([]);
    expect(asked).toEqual([['GET', '/v3/scopes', 'Bearer SG.canary-of-sendgrid']]);
  });

  test.each([
    [200, { scopes: ['alerts.read'] }, /^fail: .*valid but may not send mail/],
    [401, { errors: [{ message: 'authorization required' }] }, /^fail: .*does not know the key/],
    [403, { errors: [] }, /^fail: .*has no rights/],
    [429, {}, /^warn: .*too many requests/],
    [500, 'oops', /^fail: .*answered 500/],
    [200, '<html>', /^fail: .*answered 200 where it should list/],
  ])('that answers %i %j', async (status, body, says) => {
    const { url, stop } = await serveAlways(status, body);
    stops.push(stop);
    expect(await troubles(checkSendGrid, at(url), outside)).toEqual([expect.stringMatching(says)]);
  });

  test('the local inbox is taken for what it is', async () => {
    expect(await troubles(checkSendGrid, at(inbox.url), outside)).toEqual([]);
  });

  test('that cannot be reached is told', async () => {
    expect(await troubles(checkSendGrid, goodEnvironment())).toEqual([expect.stringMatching(/^fail: api.sendgrid.com cannot be reached/)]);
  });

  test('a sender at a free mail provider is warned about', async () => {
    const found = await troubles(checkSendGrid, at(inbox.url, { INVOICE_EMAIL_FROM: 'duka@gmail.com' }), outside);
    expect(found).toEqual([expect.stringMatching(/^warn: INVOICE_EMAIL_FROM is an address of a free mail provider/)]);
  });
});

describe('the site', () => {
  const health = { status: 'ok', reasons: [], minuteEndedAt: null, proof: 'by status, statement' };

  test.each([
    [200, health, []],
    [200, { ...health, keepsElsewhere: true }, []],
    [200, { ...health, keepsElsewhere: false }, [/^warn: There are no Netlify Blobs/]],
    [503, { status: 'database_unreachable' }, [/^fail: .*does not reach its database/]],
    [503, { ...health, status: 'failing', reasons: ['The clock is late.'] }, [/^fail: .*is not well\. The clock is late\./]],
    [500, '', [/^fail: .*fails with 500/]],
    [404, 'Not Found', [/^warn: .*has no health page/]],
  ])('that answers %i %j', async (status, body, says) => {
    const { url, stop } = await serveAlways(status, body);
    stops.push(stop);
    expect(await troubles(checkSite, goodEnvironment({ SITE_URL: url }), outside)).toEqual(says.map((each) => expect.stringMatching(each)));
  });

  test('that is not deployed yet is no failure', async () => {
    expect(await troubles(checkSite, goodEnvironment())).toEqual(['warn: duka.netlify.app does not answer.']);
  });
});

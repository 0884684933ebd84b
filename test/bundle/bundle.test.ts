import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConfig } from '#ground/config/config.ts';
import type * as sendgridMailer from '#ground/notify/sendgrid-mailer.ts';
import { readPhone } from '#ground/text/phone.ts';
import { renderInvoicePdf } from '#shop/invoices/render-pdf.ts';
import { type Bundled, bundleFunctions, tooLarge } from '../../dev/bundle/bundle-functions.ts';
import { compareTriggers, manifestTriggers, readSourceTriggers } from '../../dev/bundle/compare-triggers.ts';
import { expectations } from '../../dev/bundle/expectations.ts';
import { findLeaks, makeArtifacts } from '../../dev/bundle/make-artifacts.ts';
import { runArtifact, sampleEnvironment, wrongAnswers } from '../../dev/bundle/run-artifact.ts';
import { startMailInbox } from '../../dev/mail-inbox/start-mail-inbox.ts';
import { sampleDocument } from '../invoices/sample-document.ts';
import { loadBundled } from './small-bundles.ts';

let folder: string;
let bundled: Bundled[];
let manifest: Awaited<ReturnType<typeof makeArtifacts>>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'malipo-bundle-test-'));
  process.env.MALIPO_CANARY = 'canary-of-the-build';
  bundled = await bundleFunctions(path.join(folder, 'functions'));
  manifest = await makeArtifacts(path.join(folder, 'functions'), path.join(folder, 'artifacts'), 'none');
}, 240_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('Netlify understands every route, method, schedule and rate limit as the function files mean it', async () => {
  expect(compareTriggers(['the sources', await readSourceTriggers()], ['the manifest', manifestTriggers(manifest)])).toEqual([]);
});

test('every function is expected, and does what is expected of it', () => {
  expect(compareTriggers(['the table', expectations], ['the manifest', manifestTriggers(manifest)])).toEqual([]);
});

test('a config that Netlify cannot read is found out', async () => {
  const careless = path.join(folder, 'careless');
  await mkdir(careless);
  const config = `Object.assign({}, { path: '/api/payments/stk-push', method: ['POST', 'OPTIONS'] })`;
  await writeFile(path.join(careless, 'stk-push.mjs'), `export default () => new Response('');\nexport const config = ${config};\n`);
  const understood = manifestTriggers(await makeArtifacts(careless, path.join(folder, 'careless-artifacts'), 'none'));
  const findings = compareTriggers(['the table', expectations], ['the manifest', understood]);
  expect(findings).toContain('stk-push: routes is ["/api/payments/stk-push"] in the table, [] in the manifest');
  expect(findings).toContain('status: the table has it, the manifest does not');
  expect(findings.join('\n')).toMatch(/stk-push: methods.*\nstk-push: rateLimit/);
});

test('no function is larger than it may be', () => {
  expect(tooLarge(bundled)).toEqual([]);
  expect(tooLarge([{ name: 'callback', file: '', minifiedBytes: 330_001, gzipBytes: 0 }])).toHaveLength(1);
});

test('no artifact holds a secret or a folder of the machine that built it', async () => {
  expect(await findLeaks(path.join(folder, 'artifacts'), ['canary-of-the-build', process.cwd()])).toEqual([]);
  await writeFile(path.join(folder, 'functions/leak.txt'), 'canary-of-the-build');
  expect(await findLeaks(path.join(folder, 'functions'), ['canary-of-the-build'])).toHaveLength(1);
});

test.each(['callback', 'status', 'stk-push'])('the artifact of %s starts and answers', async (name) => {
  const made = manifest.find((one) => one.name === name);
  const expected = expectations[name];
  if (!made || !expected) throw new Error(`There is no ${name}.`);
  const report = await runArtifact(made.path, made.routes?.[0]?.pattern, expected.probes);
  expect(wrongAnswers(name, expected.probes, report)).toEqual([]);
});

test('a bundle draws the same invoice as the sources', async () => {
  const inBundle = await loadBundled<{ renderInvoicePdf: typeof renderInvoicePdf }>(
    'src/shop/invoices/render-pdf.ts',
    path.join(folder, 'pdf'),
  );
  const [drawn, meant] = await Promise.all([inBundle.renderInvoicePdf(sampleDocument()), renderInvoicePdf(sampleDocument())]);
  expect(Buffer.from(drawn).equals(Buffer.from(meant))).toBe(true);
});

test('a bundle sends mail with its attachment', async () => {
  const inbox = await startMailInbox();
  const { createSendGridMailer } = await loadBundled<typeof sendgridMailer>(
    'src/ground/notify/sendgrid-mailer.ts',
    path.join(folder, 'mail'),
  );
  const { mail, organisation } = parseConfig({ ...sampleEnvironment, SENDGRID_BASE_URL: inbox.url });
  const attachments = [{ filename: 'invoice.pdf', type: 'application/pdf', content: Buffer.from('%PDF') }];
  const letter = { id: 'one', to: 'wanjiku@shop.example', subject: 'Invoice', text: 'Here.', html: '<p>Here.</p>' };
  await createSendGridMailer({ mail, organisation }).send({ ...letter, attachments });
  expect(inbox.messages()).toHaveLength(1);
  expect(JSON.stringify(inbox.messages())).toContain('invoice.pdf');
  await inbox.stop();
});

test('a bundle reads phone numbers as the sources do, though it knows Kenya only', async () => {
  const inBundle = await loadBundled<{ readPhone: typeof readPhone }>('src/ground/text/phone.ts', path.join(folder, 'phone'));
  const prefixes = ['07', '01', '7', '2547', '+2547', '002547', '+2557', '+1212', '+4477', '+44 7', '020', '+25420', '0', '+', ''];
  const typed = prefixes.flatMap((prefix) => Array.from({ length: 11 }, (_, length) => `${prefix}${'12345678901'.slice(0, length)}`));
  const read = typed.map((text) => inBundle.readPhone(text));
  expect(read).toEqual(typed.map(readPhone));
  expect(read.filter(Boolean).length).toBeGreaterThan(3);
});

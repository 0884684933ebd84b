import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Context } from '@netlify/functions';
import { expect, test } from 'vitest';
import { parseConfig } from '#ground/config/config.ts';
import { refusePreview } from '#http/refuse-preview.ts';
import type { Core } from '#mpesa/wiring/app.ts';
import { bundleFiles, ownAddress } from '../../dev/bundle/bundle-functions.ts';
import { newPhone } from '../world/checkout.ts';
import { startWorld } from '../world/world.ts';
import { goodEnvironment } from './patient.ts';

const PREVIEW = { CONTEXT: 'deploy-preview', DEPLOY_PRIME_URL: 'https://deploy-preview-4--duka.netlify.app' };
const deployed = (context: string) => ({ deploy: { context } }) as Partial<Pick<Context, 'deploy'>>;
const site = (changes: Record<string, string>) => ({ config: parseConfig(goodEnvironment(changes)) }) as unknown as Core;

test("a prompt from a preview is called back at the preview, not at production's address", async () => {
  const world = await startWorld({ environment: { ...PREVIEW, SITE_URL: 'https://duka.co.ke' } });
  await world.send('POST', '/api/payments/stk-push', { body: { phoneNumber: newPhone(), items: [{ sku: 'coffee' }] } });
  const sent = JSON.stringify(world.simulator.control.prompts());
  expect(sent).toContain(`${PREVIEW.DEPLOY_PRIME_URL}/api/callbacks/stk/`);
  expect(sent).not.toContain('https://duka.co.ke');
  await world.stop();
});

test.each(['deploy-preview', 'branch-deploy'])(
  'a %s that knows its own address runs; one that would use another is refused in words',
  (context) => {
    const own = site({ ...PREVIEW, CONTEXT: context });
    expect(refusePreview(own, deployed(context))).toBe(own);
    expect(() => refusePreview(site({}), deployed(context))).toThrow(/does not know its own address/);
  },
);

test('every other deploy runs as it is', () => {
  const own = site({});
  for (const context of ['production', 'dev', '']) expect(refusePreview(own, deployed(context))).toBe(own);
  expect(refusePreview(own, {})).toBe(own);
});

test("Netlify names the deploy while it builds only: a preview's bundle brings it along, and production's nothing", async () => {
  expect(ownAddress({ CONTEXT: 'production', DEPLOY_PRIME_URL: 'https://main--duka.netlify.app' })).toBe('');
  expect(ownAddress({})).toBe('');
  const folder = mkdtempSync(path.join(tmpdir(), 'malipo-preview-'));
  const { files } = await bundleFiles(['src/ground/config/site.ts'], folder, {
    environment: { ...PREVIEW, DATABASE_URL: 'postgres://o:hunter2@x/y' },
  });
  const text = readFileSync(files[0]?.file ?? '', 'utf8');
  expect(text).not.toContain('hunter2');
  const before = { CONTEXT: process.env.CONTEXT, DEPLOY_PRIME_URL: process.env.DEPLOY_PRIME_URL };
  try {
    const { siteUrl } = await import(files[0]?.file ?? '');
    expect(siteUrl({ ...process.env, SITE_URL: 'https://duka.co.ke' })).toBe(PREVIEW.DEPLOY_PRIME_URL);
  } finally {
    for (const [name, value] of Object.entries(before)) if (value === undefined) delete process.env[name];
    rmSync(folder, { recursive: true });
  }
});

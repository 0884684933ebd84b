import { createSecretKey } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import type * as reading from '#mpesa/statements/read-statement.ts';
import { readStatement } from '#mpesa/statements/read-statement.ts';
import { bundleFiles } from '../../dev/bundle/bundle-functions.ts';
import { makeArtifacts } from '../../dev/bundle/make-artifacts.ts';
import { runArtifact, sampleEnvironment } from '../../dev/bundle/run-artifact.ts';
import { type LocalBlobs, startBlobs } from '../../dev/start-blobs.ts';
import { manyPayments, toWorkbook } from '../statements/sample-statement.ts';
import { loadBundled } from './small-bundles.ts';

let folder: string;
let blobs: LocalBlobs;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'malipo-lazy-'));
  blobs = await startBlobs({ directory: path.join(folder, 'blobs') });
});
afterAll(async () => {
  await blobs.stop();
  await rm(folder, { recursive: true, force: true });
});

test('the artifact of callback keeps elsewhere what its database cannot take, and 500 is the answer where there are no Blobs', async () => {
  await bundleFiles(['netlify/functions/callback.ts'], path.join(folder, 'functions'));
  const [made, ...others] = await makeArtifacts(path.join(folder, 'functions'), path.join(folder, 'artifacts'), 'none');
  expect([made?.name, others]).toEqual(['callback', []]);
  const token = makeCallbackToken([createSecretKey(Buffer.alloc(32, 't'))], 'stk', '01930000-0000-7000-8000-000000000001');
  const ask = (environment: Record<string, string>) =>
    runArtifact(
      made?.path ?? '',
      made?.routes?.[0]?.pattern,
      [{ method: 'POST', path: `/api/callbacks/stk/${token}`, body: '{}' }],
      environment,
    );
  const [kept, lost] = await Promise.all([ask({ NETLIFY_BLOBS_CONTEXT: blobs.context }), ask({})]);
  expect([kept.answers[0]?.status, lost.answers[0]?.status]).toEqual([200, 500]);
  const files = await readdir(path.join(folder, 'blobs'), { recursive: true });
  expect(files.filter((file) => /entries.*waiting\.stk\./.test(file))).toHaveLength(1);
  expect(sampleEnvironment).not.toHaveProperty('NETLIFY_BLOBS_CONTEXT');
}, 120_000);

test('a bundle reads spreadsheets of both kinds with the library that lies beside it, as the sources do', async () => {
  const inBundle = await loadBundled<typeof reading>('src/mpesa/statements/read-statement.ts', path.join(folder, 'statements'));
  const rows = manyPayments(20);
  for (const kind of ['xls', 'xlsx'] as const) {
    const bytes = toWorkbook(rows, kind);
    const read = await inBundle.readStatement(bytes, `ORG_600981.${kind}`);
    expect(read).toMatchObject({ outcome: 'read' });
    expect(read).toEqual(await readStatement(bytes, `ORG_600981.${kind}`));
  }
}, 60_000);

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Bundled, bundleFunctions, ROOT, tooLarge } from './bundle/bundle-functions.ts';
import { compareTriggers, manifestTriggers, readSourceTriggers } from './bundle/compare-triggers.ts';
import { expectations } from './bundle/expectations.ts';
import { misnamed } from './bundle/function-names.ts';
import { findLeaks, type ManifestFunction, makeArtifacts, makeDefaultArtifact } from './bundle/make-artifacts.ts';
import { measureArtifact, runArtifact, wrongAnswers, zipBytes } from './bundle/run-artifact.ts';

/** A secret of the machine that builds, which must not be found in anything that is deployed. */
const CANARY = `canary${randomBytes(12).toString('hex')}`;
for (const name of ['MPESA_CONSUMER_SECRET', 'ENCRYPTION_KEYS', 'DATABASE_URL', 'NETLIFY_AUTH_TOKEN']) process.env[name] = CANARY;

const folder = await mkdtemp(path.join(tmpdir(), 'malipo-bundle-'));
try {
  const findings = await check();
  for (const finding of findings) console.error(`✗ ${finding}`);
  console.log(findings.length === 0 ? 'Every function can be deployed.' : `${findings.length} findings: not fit to be deployed.`);
  process.exitCode = findings.length === 0 ? 0 : 1;
} catch (error) {
  console.error(`The bundle check failed. ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function check(): Promise<string[]> {
  const bundled = await bundleFunctions();
  const zips = path.join(folder, 'zips');
  const folders = path.join(folder, 'folders');
  const from = path.join(ROOT, 'dist/functions');
  await makeArtifacts(from, zips, 'zip');
  const manifest = await makeArtifacts(from, folders, 'none');
  const understood: [string, ReturnType<typeof manifestTriggers>] = ['the manifest', manifestTriggers(manifest)];
  const findings = [
    ...compareTriggers(['the sources', await readSourceTriggers()], understood),
    ...compareTriggers(['dev/bundle/expectations.ts', expectations], understood),
    ...misnamed(expectations),
    ...tooLarge(bundled),
    ...(await findLeaks(folders, [CANARY, ROOT])),
  ];
  console.log('function            minified kB   gz kB   zip kB   cold start ms');
  for (const made of manifest) findings.push(...(await checkArtifact(made, bundled, zips)));
  await compareWithDefault(path.join(folders, 'callback'));
  return findings;
}

async function checkArtifact(
  { name, path: artifact, routes, runtimeVersion }: ManifestFunction,
  bundled: Bundled[],
  zips: string,
): Promise<string[]> {
  const { probes } = expectations[name] ?? {};
  const sizes = bundled.find((one) => one.name === name);
  if (!probes || !sizes) return [`${name}: cannot be tried, nobody expects it`];
  const route = routes?.[0]?.pattern;
  const findings = runtimeVersion === 'nodejs24.x' ? [] : [`${name}: would run on ${runtimeVersion}, not on Node 24`];
  try {
    findings.push(...wrongAnswers(name, probes, await runArtifact(artifact, route, probes)));
    const cold = await measureArtifact(artifact, route, probes[0]);
    const numbers = [sizes.minifiedBytes, sizes.gzipBytes, await zipBytes(zips, name)].map((bytes) => (bytes / 1000).toFixed(0));
    const [minified = '', gzip = '', zip = ''] = numbers;
    console.log(`${name.padEnd(20)}${minified.padStart(11)}${gzip.padStart(8)}${zip.padStart(9)}${cold.toFixed(0).padStart(16)}`);
  } catch (error) {
    findings.push(`${name}: ${error instanceof Error ? error.message : error}`);
  }
  return findings;
}

/** Prints what bundling the functions ourselves saves. Not asserted: it is a ratio of two times on a machine that may be busy. */
async function compareWithDefault(ours: string): Promise<void> {
  const [probe] = expectations.callback?.probes ?? [];
  const route = expectations.callback?.routes[0];
  if (!probe) return;
  const theirs = await makeDefaultArtifact(path.join(ROOT, 'netlify/functions/callback.ts'), path.join(folder, 'default'));
  const [own, plain] = [await measureArtifact(ours, route, probe), await measureArtifact(theirs, route, probe)];
  console.log(
    `Cold start of callback: ${own.toFixed(0)} ms; bundled by Netlify alone ${plain.toFixed(0)} ms; ratio 1/${(plain / own).toFixed(1)}.`,
  );
}

import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bundler, bundleOnDemand } from '../../dev/world/bundle-on-demand.ts';

let root: string;
let bundler: Bundler;
const changes: string[] = [];
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'malipo-watch-'));
  for (const folder of ['src', 'netlify/functions', 'bundles']) await mkdir(path.join(root, folder), { recursive: true });
  await write('src/word.ts', "export const word: string = 'first';");
  await write('netlify/functions/say-word.ts', "import { word } from '../../src/word.ts';\nexport default () => word;");
  bundler = await bundleOnDemand(path.join(root, 'bundles'), (file) => changes.push(file), root);
});
afterAll(async () => {
  await bundler.stop();
  await rm(root, { recursive: true });
});

const write = (file: string, text: string) => writeFile(path.join(root, file), text);

async function changed(file: string, text: string) {
  changes.length = 0;
  await write(file, text);
  await expect.poll(() => changes).toContain(file);
}

async function said(): Promise<string> {
  const told = await fetch(`${bundler.url}say-word`);
  if (!told.ok) return `${told.status} ${await told.text()}`;
  const { default: say } = (await import(/* @vite-ignore */ await told.text())) as { default: () => string };
  return say();
}

test('a function is bundled as its sources are, and within two seconds as they are after a change', async () => {
  expect(await said()).toBe('first');
  const before = performance.now();
  await changed('src/word.ts', "export const word: string = 'second';");
  expect(await said()).toBe('second');
  expect(performance.now() - before).toBeLessThan(2_000);
  expect(await Promise.all([said(), said()])).toEqual(['second', 'second']);
});

test('a mistake in a source is said, and is gone once it is mended', async () => {
  await changed('src/word.ts', 'export const word: string = ;');
  expect(await said()).toMatch(/^500 [\s\S]*Unexpected ";"/);
  await changed('src/word.ts', "export const word: string = 'third';");
  expect(await said()).toBe('third');
});

test('a source that an editor or a checkout replaced is still watched', async () => {
  await write('word.new', "export const word: string = 'fourth';");
  await rename(path.join(root, 'word.new'), path.join(root, 'src/word.ts'));
  await expect.poll(said).toBe('fourth');
  await changed('src/word.ts', "export const word: string = 'fifth';");
  expect(await said()).toBe('fifth');
});

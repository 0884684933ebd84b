import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { functions } from './world/route.ts';

const readme = readFileSync('README.md', 'utf8');

test('the page to copy out of the README is the page that is tested', () => {
  const [, page] = /```html\n([\s\S]*?)\n```/.exec(readme) ?? [];
  expect(page).toBe(readFileSync('docs/checkout-page.html', 'utf8').trimEnd());
});

test('every command and link of the README is there', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const commands = [...readme.matchAll(/npm (?:run )?([a-z][\w:-]*)/g)]
    .map(([, name]) => name ?? '')
    .filter((name) => !['ci', 'run'].includes(name));
  expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link]) => link ?? '');
  expect(links.filter((link) => !existsSync(link))).toEqual([]);
});

test("every way in that is not Safaricom's stands in its table", () => {
  const paths = functions.flatMap(({ config }) => [config.path ?? []].flat()).filter((path) => !path.startsWith('/api/callbacks/'));
  expect([...new Set(paths)].filter((path) => !readme.includes(` ${path}\``))).toEqual([]);
});

test('people are "they" in every text of ours, whoever they are', () => {
  const folders = ['docs', 'src', 'dev', 'netlify', 'site', 'bench'];
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|js|md|html|css|sql)$/.test(name))
      .map((name) => path.join(folder, name)),
  );
  const said = ['README.md', 'ARCHITECTURE.md', '.env.example', ...files].flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, at) => (/\b(he|him|his|himself)\b/i.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
  );
  expect(files.length).toBeGreaterThan(500);
  expect(said).toEqual([]);
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { functions } from './world/route.ts';

const read = (file: string) => readFileSync(file, 'utf8');

/** What a newcomer reads: the README, and the pages that it leads to. */
const PAGES = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'dev/daraja/README.md', 'client/README.md'],
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync('docs/templates').map((name) => `docs/templates/${name}`),
];

/** The links of a page to files of ours, with the heading that each means. */
const linksOf = (page: string) =>
  [...read(page).matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)].map(([, file, heading = '']) => ({
    file: file ? path.join(path.dirname(page), file) : page,
    heading,
  }));

/** The headings of a page as links name them. */
const headingsOf = (page: string) =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, words = '']) =>
    words
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

test('the README fits on one screen, and a link leads to every other page', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(60);
  const linked = PAGES.flatMap((page) => linksOf(page).flatMap(({ file }) => (file === page ? [] : [file])));
  expect(PAGES.slice(1).filter((page) => !linked.includes(page))).toEqual([]);
});

test('the page to copy is the page that is tested', () => {
  const [, page] = /```html\n([\s\S]*?)\n```/.exec(read('docs/checkout.md')) ?? [];
  expect(page).toBe(read('docs/checkout-page.html').trimEnd());
});

test.each(PAGES)('every command, link and heading that %s names is there', (page) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const commands = [...read(page).matchAll(/npm (?:run )?([a-z][\w:-]*)/g)]
    .map(([, name]) => name ?? '')
    .filter((name) => !['ci', 'install', 'run'].includes(name));
  expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  const links = linksOf(page);
  expect(links.filter(({ file }) => !existsSync(file))).toEqual([]);
  expect(links.filter(({ file, heading }) => heading && !headingsOf(file).includes(heading))).toEqual([]);
});

test("every way in that is not Safaricom's stands in the table of docs/api.md", () => {
  const api = read('docs/api.md');
  const paths = functions.flatMap(({ config }) => [config.path ?? []].flat()).filter((path) => !path.startsWith('/api/callbacks/'));
  expect([...new Set(paths)].filter((path) => !api.includes(` ${path}\``))).toEqual([]);
});

test('people are "they" in every text of ours, whoever they are', () => {
  const folders = ['docs', 'src', 'dev', 'netlify', 'site', 'bench', 'client/src', 'client/examples'];
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|js|mjs|php|md|html|css|sql)$/.test(name))
      .map((name) => path.join(folder, name)),
  );
  const said = ['README.md', 'ARCHITECTURE.md', '.env.example', ...files].flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, at) => (/\b(he|him|his|himself)\b/i.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
  );
  expect(files.length).toBeGreaterThan(500);
  expect(said).toEqual([]);
});

test('the files that docs/guards.md names are there, with what is named of them', () => {
  const named = [...read('docs/guards.md').matchAll(/`((?:src|dev|netlify|drizzle|test|client)\/[^`*]+)`(?: \((\w+(?:, \w+)*)\))?/g)];
  expect(named.length).toBeGreaterThan(300);
  const missing = named.filter(
    ([, file = '', symbols]) => !existsSync(file) || symbols?.split(', ').some((symbol) => !read(file).includes(symbol)),
  );
  expect(missing.map(([whole]) => whole)).toEqual([]);
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { everyMinute } from '#every-minute.ts';
import { ConfigError, parseConfig, VARIABLES } from '#ground/config/config.ts';
import { TASK_KINDS } from '#ground/tasks/task-kinds.ts';
import { SCOPES } from '#people/auth/rights.ts';

const PAGES = ['docs/deploy.md', 'docs/operations.md', 'docs/tasks.md', 'docs/troubleshooting.md', '.env.example'];
const read = (file: string) => readFileSync(file, 'utf8');

describe.each(PAGES)('%s', (page) => {
  const text = read(page);

  test('names only commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  test('names only variables that are read', () => {
    const others = /^(NETLIFY_DATABASE_URL|RESTORED_URL|PROMPTS_PER_DAY)$/;
    const named = [
      ...text.matchAll(
        /(?<![\w/])(?:MPESA|CALLBACK|ENCRYPTION|LOOKUP|DATABASE|SITE|SENDGRID|INVOICE|ALERT|ORGANISATION|PAYMENT|PROMPTS|NETLIFY|PAYOUT|PAYBILL|LOW)_[A-Z0-9_]+/g,
      ),
    ];
    expect(named.map(([name]) => name).filter((name) => !VARIABLES.includes(name) && !others.test(name))).toEqual([]);
  });

  test('links only to files and headings that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) => path.join(path.dirname(page), target));
    expect(links.filter((target) => !existsSync(target))).toEqual([]);
    const quoted = [...text.matchAll(/\[?operations\.md\]?\S*, "([^"]+)"/g)].map(([, heading = '']) => heading);
    for (const heading of quoted) expect(read('docs/operations.md')).toMatch(new RegExp(`^###? ${heading.replace('?', '\\?')}$`, 'm'));
  });
});

test('the smallest set of variables that the deploy page names is what a start is refused without', () => {
  const named = (sentence: RegExp) =>
    [...(sentence.exec(read('docs/deploy.md'))?.[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => `${name} is missing`);
  const refusedWithout = (environment: Record<string, string>): string[] => {
    try {
      parseConfig({ SITE_URL: 'https://duka.netlify.app', ...environment });
    } catch (error) {
      if (error instanceof ConfigError) return error.findings;
    }
    return [];
  };
  const smallest = named(/The smallest set: ([\s\S]*?)if Netlify/);
  const production = named(/in production also ([\s\S]*?)\. /);
  expect(smallest.sort()).toEqual(refusedWithout({}).sort());
  expect(['MPESA_ENV is missing', ...refusedWithout({ MPESA_ENV: 'production' })].sort()).toEqual([...smallest, ...production].sort());
});

test('no page for those who work with it has a statement in SQL', () => {
  const pages = ['operations', 'tasks', 'first-days', 'support', 'emergency', 'retention', 'webhooks', 'troubleshooting', 'deploy'];
  expect(pages.filter((page) => read(`docs/${page}.md`).includes('```sql'))).toEqual([]);
});

test('what runs each minute is listed, in its order', () => {
  const [, part = ''] = /^## What runs by itself$([\s\S]*?)^## /m.exec(read('docs/operations.md')) ?? [];
  const steps = everyMinute.flatMap((group) => Object.keys(group));
  expect([...part.matchAll(/^\d+\. \*\*(\w+)\*\*/gm)].map(([, name]) => name)).toEqual(steps);
  expect(part).toContain(`It has ${steps.length} steps in five groups.`);
  expect(everyMinute).toHaveLength(5);
});

test('every scope of a key is explained', () => {
  const [, part = ''] = /^Scopes: (.*)$/m.exec(read('docs/operations.md')) ?? [];
  expect([...part.matchAll(/`(\w+:[\w-]+)`/g)].map(([, scope]) => scope).sort()).toEqual([...SCOPES].sort());
});

test('every kind of task for a person is explained to the operator, and no other', () => {
  const explained = [...read('docs/tasks.md').matchAll(/^## `(\w+)`$/gm)].map(([, kind = '']) => kind);
  expect(explained.sort()).toEqual([...TASK_KINDS].sort());
});

test('links between the pages lead to headings that exist', () => {
  const anchorOf = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-');
  const anchors = (page: string) => [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
  const pages = readdirSync('docs')
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`);
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?:(\w+\.md))?#([^)\s]+)\)/g)].flatMap(([link, file, anchor = '']) =>
      anchors(file ? `docs/${file}` : page).includes(anchor) ? [] : [`${page}: ${link}`],
    ),
  );
  expect(broken).toEqual([]);
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readScalarScript } from '../../dev/openapi/scalar.ts';

const settings = readFileSync('netlify.toml', 'utf8');

/** The content security policies, in their order: of two that fit a path the later one counts. */
const policies = [...settings.matchAll(/^for = "([^"]+)"\n\n\[headers\.values\]\nContent-Security-Policy = "([^"]+)"/gm)].map(
  ([, path = '', policy = '']) => ({ path, directives: policy.split('; ') }),
);

test('the page of the description has a policy of its own, after that of all pages, that loosens styles alone', () => {
  expect(policies.map(({ path }) => path)).toEqual(['/*', '/docs', '/docs.html']);
  const [all, ...own] = policies;
  for (const { directives } of own) {
    expect(directives.filter((directive) => !all?.directives.includes(directive))).toEqual(["style-src 'self' 'unsafe-inline'"]);
    expect(all?.directives.filter((directive) => !directives.includes(directive))).toEqual(["style-src 'self'"]);
  }
});

test('it loads its own files alone, and asks for no fonts, no proxy and no telemetry', () => {
  const html = readFileSync('site/docs.html', 'utf8');
  expect([...html.matchAll(/ src="([^"]+)"/g)].map(([, src]) => src)).toEqual(['/reference.js', '/docs.js']);
  expect(html).not.toMatch(/<script(?! src=)|<style|\son\w+=|style="|https?:\/\/(?!www\.w3\.org)/);
  const asked: unknown[] = [];
  const window = { Scalar: { createApiReference: (...args: unknown[]) => asked.push(...args) } };
  new Function('window', readFileSync('site/docs.js', 'utf8'))(window);
  expect(asked).toEqual([
    '#reference',
    expect.objectContaining({ url: '/openapi.json', withDefaultFonts: false, telemetry: false, proxyUrl: '', agent: { disabled: true } }),
  ]);
});

test('it is found at /docs, and the script is that of Scalar', async () => {
  expect(settings).toContain('from = "/docs"\nto = "/docs.html"');
  const script = await readScalarScript();
  expect(script).toContain('createApiReference');
  expect(script.length).toBeLessThan(5_500_000);
});

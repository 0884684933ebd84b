import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const read = (file: string) => readFileSync(`site/${file}`, 'utf8');
const words = read('words.js');
const [english = '', swahili = ''] = words.split(/^ {2}sw: \{$/m);
const keysOf = (text: string) => [...text.matchAll(/^ {4}(\w+):/gm)].map(([, key]) => key);

test('the pages say everything in both languages', () => {
  expect(keysOf(swahili)).toEqual(keysOf(english));
});

describe.each([
  ['pay.html', ['pay.js', 'checkout.js', 'panel.js']],
  ['messages.html', ['messages.js']],
  ['index.html', ['shop.js', 'checkout.js', 'panel.js']],
])('%s', (page, scripts) => {
  const html = read(page);
  const code = scripts.map(read).join('\n');

  test('has every element that its scripts look for, once', () => {
    const wanted = [...code.matchAll(/\bat\('([\w-]+)'\)/g)].map(([, id]) => id);
    const ids = [...html.matchAll(/\bid="([\w-]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test('has words for all it says, and a label for each field', () => {
    const said = [...html.matchAll(/data-words="(\w+)"/g), ...code.matchAll(/\bsay\('(\w+)'/g)].map(([, key]) => key);
    expect(said.filter((key) => !keysOf(english).includes(key))).toEqual([]);
    const fields = [...html.matchAll(/<input id="([\w-]+)"(?! type="checkbox")/g)].map(([, id]) => id);
    expect(fields.filter((id) => !html.includes(`<label for="${id}"`))).toEqual([]);
  });

  test('loads nothing but its own files, as its policy demands', () => {
    expect(html).not.toMatch(/<script(?![^>]*src="\/[\w.]+")|<style|\son\w+=|style="/);
  });
});

test('what messages link to is there', () => {
  const settings = readFileSync('netlify.toml', 'utf8');
  for (const name of ['pay', 'messages']) expect(settings).toContain(`from = "/${name}"\nto = "/${name}.html"`);
});

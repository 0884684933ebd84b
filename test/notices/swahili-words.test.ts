import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Swahili words for money that people misread, each with the one that is used here. */
const INSTEAD: Record<string, string> = {
  adhabu: 'faini',
  stakabadhi: 'risiti',
  mizani: 'salio',
  maslahi: 'riba',
  hamu: 'riba',
  mtangazaji: 'karani wa fedha',
  patanisha: 'linganisha',
  namba: 'nambari',
};

const files = ['src', 'site'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|js|html)$/.test(file))
    .map((file) => `${folder}/${file}`),
);

test.each(Object.entries(INSTEAD))('nobody reads "%s" where "%s" is meant', (avoided) => {
  const word = new RegExp(`\\b${avoided}\\b`, 'i');
  expect(files.filter((file) => word.test(readFileSync(file, 'utf8')))).toEqual([]);
});

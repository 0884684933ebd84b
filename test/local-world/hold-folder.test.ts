import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdFolder } from '../../dev/world/hold-folder.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'malipo-held-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const GONE = JSON.stringify({ pid: 1, shopUrl: 'http://127.0.0.1:8888', port: 1, word: 'gone' });

test.each([
  ['a folder that nobody has', undefined],
  ['a folder that one has left who is gone', GONE],
  ['a folder whose file was cut off', '{"pid":'],
])('of several that take %s at once one gets it, and each other is told why not', async (_, left) => {
  for (let round = 0; round < 5; round++) {
    if (left !== undefined) writeFileSync(path.join(dir, 'running.json'), left);
    const starts = await Promise.allSettled([1, 2, 3, 4].map((n) => holdFolder(dir, `http://127.0.0.1:${n}`)));
    const held = starts.filter((start) => start.status === 'fulfilled');
    const words = starts.flatMap((start) => (start.status === 'rejected' ? [String(start.reason.message)] : []));
    expect(held, words.join(' ')).toHaveLength(1);
    for (const word of words) expect(word).toMatch(/^(It runs already, with the shop at|Another start has just taken) .*--dir/);
    for (const { value } of held) await value.release();
  }
});

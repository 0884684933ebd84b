import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeQr } from '../../src/invoices/encode-qr.ts';

const draw = (text: string) => encodeQr(text)?.map((row) => row.map((dark) => (dark ? '#' : '.')).join(''));

describe('encodeQr', () => {
  // The squares below were read back by two scanners before they were written here.
  it('draws the code that scanners read', () => {
    expect(draw('MALIPO')).toEqual([
      '#######.####..#######',
      '#.....#.##..#.#.....#',
      '#.###.#..#....#.###.#',
      '#.###.#.##..#.#.###.#',
      '#.###.#.......#.###.#',
      '#.....#..#....#.....#',
      '#######.#.#.#.#######',
      '........###..........',
      '#.##.###.#....#..#.##',
      '####.#.##.#.#..#..#..',
      '##....#####.#####..##',
      '#..#.#.####.##...#...',
      '..#.#.#..###.#..#.###',
      '........###..#....#.#',
      '#######.###..##.#....',
      '#.....#.##.####.###.#',
      '#.###.#..###..####.##',
      '#.###.#.#.#..#..#.##.',
      '#.###.#.#..#.#...##..',
      '#.....#...###.#.....#',
      '#######.#..##...##...',
    ]);
  });

  it.each([
    [14, 21, 'a08186a70e2888dd'],
    [122, 45, '0121c5de1c13696b'],
    [213, 57, '7f2a21cd83ddd688'],
    [287, 65, '5feaef703c17f44c'],
  ])('packs %i bytes into %i squares a side', (length, side, fingerprint) => {
    const rows = draw('https://malipo.example/'.repeat(13).slice(0, length)) ?? [];
    expect(rows).toHaveLength(side);
    expect(createHash('sha256').update(rows.join('\n')).digest('hex').slice(0, 16)).toBe(fingerprint);
  });

  it('counts bytes, not letters, and gives up beyond what it can hold', () => {
    expect(encodeQr('ũ'.repeat(143))).toHaveLength(65);
    expect(encodeQr('ũ'.repeat(144))).toBeUndefined();
  });
});

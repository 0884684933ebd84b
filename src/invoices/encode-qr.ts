// ISO/IEC 18004, error correction M, versions 1 to 12: codewords in all, blocks, and error correction codewords of each block.
const VERSIONS = [
  [26, 1, 10],
  [44, 1, 16],
  [70, 1, 26],
  [100, 2, 18],
  [134, 2, 24],
  [172, 4, 16],
  [196, 4, 18],
  [242, 4, 22],
  [292, 5, 22],
  [346, 5, 26],
  [404, 5, 30],
  [466, 8, 22],
] as const;

type Grid = (boolean | undefined)[][];

/** The dark squares of a QR code by row and column, without the quiet zone of four squares; undefined when the text is beyond 287 bytes. */
export function encodeQr(text: string): boolean[][] | undefined {
  const bytes = new TextEncoder().encode(text);
  const countBits = (version: number) => (version < 10 ? 8 : 16);
  const room = ([total, blocks, ec]: readonly [number, number, number]) => 8 * (total - blocks * ec);
  const index = VERSIONS.findIndex((v, i) => room(v) >= 4 + countBits(i + 1) + 8 * bytes.length);
  const found = VERSIONS[index];
  if (!found) return undefined;
  const version = index + 1;
  const bits = [...bitsOf(0b0100, 4), ...bitsOf(bytes.length, countBits(version)), ...Array.from(bytes).flatMap((byte) => bitsOf(byte, 8))];
  const codewords = interleave(padToBytes(bits, room(found)), found);
  const grid = drawFunctionPatterns(version);
  placeData(
    grid,
    codewords.flatMap((byte) => bitsOf(byte, 8)),
  );
  return grid.map((row) => row.map(Boolean));
}

const bitsOf = (value: number, count: number) => Array.from({ length: count }, (_, i) => ((value >> (count - 1 - i)) & 1) === 1);

function padToBytes(bits: boolean[], room: number): number[] {
  const padded = [...bits, ...Array<boolean>(Math.min(4, room - bits.length)).fill(false)];
  while (padded.length % 8) padded.push(false);
  for (let i = 0; padded.length < room; i++) padded.push(...bitsOf(i % 2 ? 0x11 : 0xec, 8));
  return Array.from({ length: room / 8 }, (_, i) => padded.slice(8 * i, 8 * i + 8).reduce((byte, bit) => 2 * byte + Number(bit), 0));
}

/** Cuts the data into blocks, the longer ones last, and takes one codeword of each in turn: first of the data, then of its correction. */
function interleave(data: number[], [, blocks, ec]: readonly [number, number, number]): number[] {
  const short = Math.floor(data.length / blocks);
  const shortBlocks = blocks - (data.length % blocks);
  const parts = Array.from({ length: blocks }, (_, b) => {
    const start = b * short + Math.max(0, b - shortBlocks);
    return data.slice(start, start + short + (b < shortBlocks ? 0 : 1));
  });
  const inTurn = (lists: number[][], length: number) =>
    Array.from({ length }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
  return [
    ...inTurn(parts, short + 1),
    ...inTurn(
      parts.map((part) => reedSolomon(part, ec)),
      ec,
    ),
  ];
}

const multiply = (a: number, b: number): number => {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
};

/** The remainder of the data divided by (x - 1)(x - 2)(x - 4)... in GF(256): `count` correction codewords. */
function reedSolomon(data: number[], count: number): number[] {
  let divisor = [1];
  for (let i = 0, root = 1; i < count; i++, root = multiply(root, 2))
    divisor = [...divisor, 0].map((value, k) => value ^ multiply(divisor[k - 1] ?? 0, root));
  return data.reduce((remainder, byte) => {
    const factor = byte ^ (remainder[0] ?? 0);
    return [...remainder.slice(1), 0].map((value, k) => value ^ multiply(divisor[k + 1] ?? 0, factor));
  }, Array<number>(count).fill(0));
}

/** The parts that do not depend on the text; what is left undefined is for the data. */
function drawFunctionPatterns(version: number): Grid {
  const size = 17 + 4 * version;
  const grid: Grid = Array.from({ length: size }, () => Array<boolean | undefined>(size).fill(undefined));
  const set = (row: number, column: number, dark: boolean) => {
    const line = grid[row];
    if (line && column >= 0 && column < size) line[column] = dark;
  };
  const rings = (row: number, column: number, radius: number, dark: (ring: number) => boolean) => {
    for (let dy = -radius; dy <= radius; dy++)
      for (let dx = -radius; dx <= radius; dx++) set(row + dy, column + dx, dark(Math.max(Math.abs(dx), Math.abs(dy))));
  };

  for (let i = 8; i < size - 8; i++) for (const [row, column] of [[6, i] as const, [i, 6] as const]) set(row, column, i % 2 === 0);
  const last = size - 7;
  const centres = version === 1 ? [] : version < 7 ? [6, last] : [6, (6 + last) / 2, last];
  for (const row of centres)
    for (const column of centres) {
      const inFinder = row + column === 12 || (row === 6 && column === last) || (row === last && column === 6);
      if (!inFinder) rings(row, column, 2, (ring) => ring !== 1);
    }
  for (const [row, column] of [[3, 3] as const, [3, size - 4] as const, [size - 4, 3] as const])
    rings(row, column, 4, (ring) => ring !== 2 && ring !== 4);

  for (const [i, dark] of bitsOf(withCheck(MASK, 10, 0x537) ^ 0x5412, 15)
    .reverse()
    .entries()) {
    set(i < 6 ? i : i < 8 ? i + 1 : 8, i < 8 ? 8 : i === 8 ? 7 : 14 - i, dark);
    set(i < 8 ? 8 : size - 15 + i, i < 8 ? size - 1 - i : 8, dark);
  }
  set(size - 8, 8, true);
  if (version >= 7)
    for (const [i, dark] of bitsOf(withCheck(version, 12, 0x1f25), 18)
      .reverse()
      .entries()) {
      set(Math.floor(i / 3), size - 11 + (i % 3), dark);
      set(size - 11 + (i % 3), Math.floor(i / 3), dark);
    }
  return grid;
}

/** The value followed by the remainder of its division by the generator, so that a reader can mend it. */
function withCheck(value: number, bits: number, generator: number): number {
  let remainder = value;
  for (let i = 0; i < bits; i++) remainder = (remainder << 1) ^ ((remainder >> (bits - 1)) * generator);
  return (value << bits) | remainder;
}

/** Mask 3 for every text: readers take any, and bytes of text seldom make the large plain areas that choosing among masks avoids. */
const MASK = 3;

/** Lays the bits in pairs of columns from the right, up and down in turn, and flips those on which the mask falls. */
function placeData(grid: Grid, bits: boolean[]): void {
  const size = grid.length;
  let next = 0;
  for (let right = size - 1, upward = true; right > 0; right -= 2, upward = !upward) {
    if (right === 6) right--; // the column of the timing pattern
    for (let step = 0; step < size; step++)
      for (const column of [right, right - 1]) {
        const row = upward ? size - 1 - step : step;
        const line = grid[row];
        if (line && line[column] === undefined) line[column] = (bits[next++] ?? false) !== ((row + column) % 3 === 0);
      }
  }
}

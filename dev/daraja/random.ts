/** Where a random sequence stands: a 32-bit whole number that may be stored and taken up again. */
export type RandomHolder = { randomState: number };

/** The next number of the sequence, 0 <= n < 1 (Mulberry32: small, even, and the same on every machine). */
export function nextRandom(holder: RandomHolder): number {
  holder.randomState = (holder.randomState + 0x6d2b79f5) | 0;
  let mixed = Math.imul(holder.randomState ^ (holder.randomState >>> 15), 1 | holder.randomState);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** `length` characters, each taken from `alphabet`. */
export function randomText(holder: RandomHolder, alphabet: string, length: number): string {
  let text = '';
  for (let i = 0; i < length; i += 1) text += alphabet[Math.floor(nextRandom(holder) * alphabet.length)];
  return text;
}

/** A sequence of its own for the n-th of something, so that other draws do not shift it. */
export const randomFor = (seed: number, n: number): RandomHolder => ({
  randomState: Math.imul(seed, 0x9e3779b1) ^ Math.imul(n, 0x85ebca6b),
});

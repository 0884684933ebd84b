import type { Range } from './read-movements.ts';

/** The amount of a range that is nearest to zero: what is certainly unexplained. */
export const nearestTo0 = ({ from, until }: Range): bigint => (from > 0n ? from : until < 0n ? until : 0n);

/** The verdict on a balance, given the rest at an earlier one that did not agree. */
export type Judged = { verdict: 'agrees' | 'unsure' | 'seen' } | { verdict: 'differs'; amountCents: bigint };

/**
 * Judges the rest: the part of a balance's change that no known movement explains. One balance alone shows nothing, since what moved just before it may not be known
 * yet: a difference is the smaller of two successive rests of one sign.
 */
export function judgeRest(before: Range | undefined, rest: Range): Judged {
  const now = nearestTo0(rest);
  if (now === 0n) return { verdict: rest.from === rest.until ? 'agrees' : 'unsure' };
  const earlier = before ? nearestTo0(before) : 0n;
  if (earlier === 0n || now > 0n !== earlier > 0n) return { verdict: 'seen' };
  const smaller = magnitude(now) < magnitude(earlier) ? now : earlier;
  return { verdict: 'differs', amountCents: smaller };
}

/** The amount without its sign. */
export const magnitude = (cents: bigint): bigint => (cents < 0n ? -cents : cents);

import { wholeShillingsUp } from '#ground/money/cents.ts';
import type { Dues } from './read-dues.ts';

/** The page where an active loan is paid, with what is to be paid filled in: what is due, else the next instalment. */
export function payLink(siteUrl: string, { reference, state, dueCents, next }: Dues): string | undefined {
  const cents = dueCents > 0n ? dueCents : next?.unpaidCents;
  return state !== 'active' || cents === undefined ? undefined : `${siteUrl}/pay?reference=${reference}&amount=${wholeShillingsUp(cents)}`;
}

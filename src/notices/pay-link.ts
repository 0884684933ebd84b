import { wholeShillingsUp } from './print-amounts.ts';
import type { Dues } from './read-dues.ts';

/** The page where a loan is paid, with what is to be paid filled in: what is due, else the next instalment. Nothing when nothing is left. */
export function payLink(siteUrl: string, { reference, dueCents, next }: Dues): string | undefined {
  const cents = dueCents > 0n ? dueCents : next?.unpaidCents;
  return cents === undefined ? undefined : `${siteUrl}/pay?reference=${reference}&amount=${wholeShillingsUp(cents)}`;
}

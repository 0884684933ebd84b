import { wholeShillingsUp } from '#ground/money/cents.ts';
import type { App } from '#mpesa/wiring/app.ts';
import type { Dues } from './read-dues.ts';

/** The page where an active loan is paid, with what is to be paid filled in: what is due, else the next instalment. */
export function payLink(siteUrl: string, { reference, state, dueCents, next }: Dues): string | undefined {
  const cents = dueCents > 0n ? dueCents : next?.unpaidCents;
  return state !== 'active' || cents === undefined ? undefined : `${siteUrl}/pay?reference=${reference}&amount=${wholeShillingsUp(cents)}`;
}

/** The paybill where a loan is paid by its reference; undefined for a till, which takes no reference. */
export const paybillOf = ({ config: { mpesa } }: Pick<App, 'config'>): string | undefined =>
  mpesa.transactionType === 'paybill' ? mpesa.shortcode : undefined;

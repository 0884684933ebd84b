import { least } from '#ground/money/least.ts';
import { splitVat } from './split-vat.ts';

/** What an invoice has of one VAT class, and what its credit notes took back of it. */
export type CreditedClass = { soldCents: bigint; vatCents: bigint; basisPoints: number; creditedCents: bigint; creditedVatCents: bigint };

/** The VAT in the next amount that a credit note takes back of a class: that in all that was credited with it, less the VAT that earlier credit notes took. */
export function creditVat(grossCents: bigint, ofClass: CreditedClass): bigint {
  const { soldCents, vatCents, basisPoints, creditedCents, creditedVatCents } = ofClass;
  const upTo = creditedCents + grossCents;
  const due = upTo >= soldCents ? vatCents : splitVat(upTo, basisPoints).vatCents;
  const left = least(due, vatCents) - creditedVatCents;
  return least(left < 0n ? 0n : left, grossCents);
}

import { ACCOUNTS, type AccountId } from '#books/ledger/accounts.ts';
import { least, splitByWeights } from '#ground/money/cents.ts';
import { creditVat } from '../vat/compute-vat.ts';
import type { VatClass, VatOfClass } from '../vat/vat.schema.ts';
import type { InvoiceLine } from './invoices.schema.ts';

/** A line as it was sold, with whether it was a donation. */
export type SoldLine = Pick<InvoiceLine, 'grossCents' | 'vatClass'> & { kind: string };

/** What a credit note has taken back of an invoice. */
export type Credited = {
  lines: readonly Pick<InvoiceLine, 'sku' | 'grossCents' | 'vatClass'>[];
  vat: readonly VatOfClass[];
  roundingCents: bigint;
};

/**
 * What a refund takes back: movements from sales, VAT and rounding to the refunds account, and the lines and VAT of its credit note. `excessCents` is the part
 * of the refund beyond what can still be taken back of the invoice.
 */
export type SplitRefund = {
  legs: { debit: AccountId; credit: typeof ACCOUNTS.refunds; amountCents: bigint }[];
  lines: InvoiceLine[];
  vat: VatOfClass[];
  roundingCents: bigint;
  excessCents: bigint;
};

const DONATION_SKU = 'refund-donation';
const SALE_SKU = 'refund';
type RefundSku = typeof DONATION_SKU | typeof SALE_SKU;

const skuOf = (kind: string): RefundSku => (kind === 'donation' ? DONATION_SKU : SALE_SKU);
const notBelowZero = (amount: bigint): bigint => (amount < 0n ? 0n : amount);

/**
 * Splits a refund over what was sold and not yet credited, in proportion, by largest remainder. All credit notes of an invoice together never exceed its amount
 * or its VAT in any VAT class, and equal both to the cent once all of it is given back. The movements add up to the refund less its excess.
 */
export function splitRefund(
  amountCents: bigint,
  sold: readonly SoldLine[],
  invoiced: readonly VatOfClass[],
  roundingCents: bigint,
  names: Readonly<Record<RefundSku, string>>,
  credited: readonly Credited[] = [],
): SplitRefund {
  const parts = groupsOf(sold, credited);
  const roundingLeft = notBelowZero(roundingCents - credited.reduce((sum, note) => sum + note.roundingCents, 0n));
  const creditableCents = least(
    amountCents,
    parts.reduce((sum, { leftCents }) => sum + leftCents, roundingLeft),
  );
  const weights = [roundingLeft, ...parts.map(({ leftCents }) => leftCents)];
  const [takenRounding = 0n, ...taken] = creditableCents === 0n ? [] : splitByWeights(creditableCents, weights);

  const legs: SplitRefund['legs'] = [{ debit: ACCOUNTS.rounding, credit: ACCOUNTS.refunds, amountCents: takenRounding }];
  const lines: InvoiceLine[] = [];
  const vat = new Map<VatClass, VatOfClass>();
  for (const [at, { sku, vatClass }] of parts.entries()) {
    const grossCents = taken[at] ?? 0n;
    if (grossCents === 0n) continue;
    const row = vat.get(vatClass) ?? { vatClass, basisPoints: basisPointsOf(invoiced, vatClass), netCents: '0', vatCents: '0' };
    const vatCents = creditVat(grossCents, ofClass(vatClass, sold, invoiced, [...credited, { lines, vat: [row], roundingCents: 0n }]));
    const netCents = grossCents - vatCents;
    legs.push({ debit: sku === DONATION_SKU ? ACCOUNTS.donations : ACCOUNTS.sales, credit: ACCOUNTS.refunds, amountCents: netCents });
    legs.push({ debit: ACCOUNTS.vatPayable, credit: ACCOUNTS.refunds, amountCents: vatCents });
    vat.set(vatClass, {
      ...row,
      netCents: (BigInt(row.netCents) + netCents).toString(),
      vatCents: (BigInt(row.vatCents) + vatCents).toString(),
    });
    lines.push({ sku, name: names[sku], quantity: 1, unitCents: grossCents.toString(), grossCents: grossCents.toString(), vatClass });
  }
  return { legs, lines, vat: [...vat.values()], roundingCents: takenRounding, excessCents: amountCents - creditableCents };
}

/** What was sold, by kind and VAT class, with the part that no credit note has taken back. */
function groupsOf(sold: readonly SoldLine[], credited: readonly Credited[]) {
  const groups = new Map<string, { sku: RefundSku; vatClass: VatClass; leftCents: bigint }>();
  for (const { kind, vatClass, grossCents } of sold) {
    const [sku, key] = [skuOf(kind), `${skuOf(kind)} ${vatClass}`];
    groups.set(key, { sku, vatClass, leftCents: (groups.get(key)?.leftCents ?? 0n) + BigInt(grossCents) });
  }
  for (const { sku, vatClass, grossCents } of credited.flatMap(({ lines }) => lines)) {
    const ofClass = [...groups.values()].filter((group) => group.vatClass === vatClass);
    let restCents = BigInt(grossCents);
    // its own kind first: older credit notes, and those for the whole sale, do not mark donations
    for (const group of ofClass.sort((one, two) => Number(two.sku === sku) - Number(one.sku === sku))) {
      const taken = least(restCents, group.leftCents);
      group.leftCents -= taken;
      restCents -= taken;
    }
  }
  return [...groups.values()];
}

/** What was sold in a VAT class, its VAT, and how much of both was credited. */
function ofClass(vatClass: VatClass, sold: readonly SoldLine[], invoiced: readonly VatOfClass[], credited: readonly Credited[]) {
  const sumOf = (rows: readonly { vatClass: string; cents: string }[]) =>
    rows.filter((row) => row.vatClass === vatClass).reduce((sum, { cents }) => sum + BigInt(cents), 0n);
  const gross = (rows: readonly Pick<InvoiceLine, 'grossCents' | 'vatClass'>[]) =>
    sumOf(rows.map((row) => ({ vatClass: row.vatClass, cents: row.grossCents })));
  const vat = (rows: readonly VatOfClass[]) => sumOf(rows.map((row) => ({ vatClass: row.vatClass, cents: row.vatCents })));
  return {
    ...{ soldCents: gross(sold), vatCents: vat(invoiced), basisPoints: basisPointsOf(invoiced, vatClass) },
    ...{ creditedCents: gross(credited.flatMap(({ lines }) => lines)), creditedVatCents: vat(credited.flatMap((note) => note.vat)) },
  };
}

const basisPointsOf = (invoiced: readonly VatOfClass[], vatClass: string): number =>
  invoiced.find((row) => row.vatClass === vatClass)?.basisPoints ?? 0;

import type { InvoiceLine, InvoiceVat } from '../invoices/invoices.schema.ts';
import { ACCOUNTS, type AccountId } from '../ledger/accounts.ts';
import { splitByWeights } from '../money/split-by-weights.ts';
import { splitVat } from '../money/split-vat.ts';

/** A line as it was sold, with whether it was a donation. */
export type SoldLine = Pick<InvoiceLine, 'grossCents' | 'vatClass'> & { kind: string };

/** What a refund takes back: movements from sales, VAT and rounding to the refunds account, and the lines and VAT of its credit note. */
export type SplitRefund = {
  legs: { debit: AccountId; credit: typeof ACCOUNTS.refunds; amountCents: bigint }[];
  lines: InvoiceLine[];
  vat: InvoiceVat[];
  roundingCents: bigint;
};

/** Splits a refund over what was sold, in proportion, by largest remainder: VAT by the rates of the invoice. All movements together are the refund, to the cent. */
export function splitRefund(
  amountCents: bigint,
  sold: readonly SoldLine[],
  invoiced: readonly InvoiceVat[],
  roundingCents: bigint,
  words: string,
): SplitRefund {
  const groups = new Map<string, { kind: string; vatClass: InvoiceLine['vatClass']; grossCents: bigint }>();
  for (const { kind, vatClass, grossCents } of sold) {
    const group = groups.get(`${kind} ${vatClass}`) ?? { kind, vatClass, grossCents: 0n };
    groups.set(`${kind} ${vatClass}`, { ...group, grossCents: group.grossCents + BigInt(grossCents) });
  }
  const parts = [...groups.values()];
  const [takenRounding = 0n, ...taken] = splitByWeights(amountCents, [roundingCents, ...parts.map(({ grossCents }) => grossCents)]);

  const legs: SplitRefund['legs'] = [{ debit: ACCOUNTS.rounding, credit: ACCOUNTS.refunds, amountCents: takenRounding }];
  const byClass = new Map<InvoiceLine['vatClass'], InvoiceVat & { grossCents: bigint }>();
  for (const [at, { kind, vatClass }] of parts.entries()) {
    const grossCents = taken[at] ?? 0n;
    const basisPoints = invoiced.find((row) => row.vatClass === vatClass)?.basisPoints ?? 0;
    const { netCents, vatCents } = splitVat(grossCents, basisPoints);
    legs.push({ debit: kind === 'donation' ? ACCOUNTS.donations : ACCOUNTS.sales, credit: ACCOUNTS.refunds, amountCents: netCents });
    legs.push({ debit: ACCOUNTS.vatPayable, credit: ACCOUNTS.refunds, amountCents: vatCents });
    const sum = byClass.get(vatClass) ?? { vatClass, basisPoints, netCents: '0', vatCents: '0', grossCents: 0n };
    byClass.set(vatClass, {
      ...sum,
      netCents: (BigInt(sum.netCents) + netCents).toString(),
      vatCents: (BigInt(sum.vatCents) + vatCents).toString(),
      grossCents: sum.grossCents + grossCents,
    });
  }
  const classes = [...byClass.values()].filter(({ grossCents }) => grossCents > 0n);
  return {
    legs,
    lines: classes.map(({ vatClass, grossCents }) => ({
      sku: 'refund',
      name: words,
      quantity: 1,
      unitCents: grossCents.toString(),
      grossCents: grossCents.toString(),
      vatClass,
    })),
    vat: classes.map(({ grossCents: _, ...row }) => row),
    roundingCents: takenRounding,
  };
}

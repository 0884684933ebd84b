import { asc, isNull } from 'drizzle-orm';
import * as z from 'zod';
import { shillings } from '#ground/money/cents.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { describeTerms, percentOf } from './describe-terms.ts';
import { loanProducts } from './loans.schema.ts';

/** The language of the terms. */
export const ListProductsInput = z.strictObject({ language: z.enum(LANGUAGES).default('en') });

/** The loan products on offer now with all their terms, in shillings, percentages and sentences. */
export async function listProducts({ db }: Pick<App, 'db'>, { language }: z.output<typeof ListProductsInput>) {
  const rows = await db.select().from(loanProducts).where(isNull(loanProducts.retiredAt)).orderBy(asc(loanProducts.code));
  return { products: rows.map((row) => ({ ...presentProduct(row), inWords: describeTerms(row, language) })) };
}

/** A product in the shape that PUT takes. */
const presentProduct = (row: typeof loanProducts.$inferSelect) => ({
  ...{ code: row.code, name: row.name, method: row.method, period: row.period, instalments: row.instalments },
  interestPercent: percentOf(row.interestBasisPoints),
  fee: { amount: shillings(row.feeCents), percent: percentOf(row.feeBasisPoints), charged: row.feeCharged },
  min: shillings(row.minCents),
  max: shillings(row.maxCents),
  penalty: presentPenalty(row),
  ...{ allocationOrder: row.allocationOrder, excess: row.excess, earlySettlement: row.earlySettlement },
});

function presentPenalty(row: typeof loanProducts.$inferSelect) {
  if (row.penaltyKind === 'none') return { kind: row.penaltyKind };
  return {
    kind: row.penaltyKind,
    ...(row.penaltyKind === 'fixed' ? { amount: shillings(row.penaltyCents) } : { percent: percentOf(row.penaltyBasisPoints) }),
    ...{ frequency: row.penaltyFrequency, graceDays: row.graceDays, inDuplum: row.inDuplum },
    capPercent: row.penaltyCapBasisPoints === null ? null : percentOf(row.penaltyCapBasisPoints),
  };
}

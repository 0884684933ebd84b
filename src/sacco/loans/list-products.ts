import { asc, isNull } from 'drizzle-orm';
import * as z from 'zod';
import { LANGUAGES } from '#ground/text/language.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { describeTerms } from './describe-terms.ts';
import { loanProducts } from './loans.schema.ts';
import { presentProduct } from './product-row.ts';

/** The language of the terms. */
export const ListProductsInput = z.strictObject({ language: z.enum(LANGUAGES).default('en') });

/** The loan products on offer now with all their terms, in shillings, percentages and sentences. */
export async function listProducts({ db }: Pick<App, 'db'>, { language }: z.output<typeof ListProductsInput>) {
  const rows = await db.select().from(loanProducts).where(isNull(loanProducts.retiredAt)).orderBy(asc(loanProducts.code));
  return { products: rows.map((row) => ({ ...presentProduct(row), inWords: describeTerms(row, language) })) };
}

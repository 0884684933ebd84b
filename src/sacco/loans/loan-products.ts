import { isDeepStrictEqual } from 'node:util';
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { describeTerms } from './describe-terms.ts';
import { loanProducts } from './loans.schema.ts';
import type { PutProductsInput } from './product-input.ts';
import { presentProduct, rowOf } from './product-row.ts';

type Row = typeof loanProducts.$inferInsert;

/**
 * Adds and changes loan products: new terms are a new row and the old row is retired, so that no loan's terms ever change; an unchanged product keeps its row.
 * One transaction, with audit rows. Throws `product_not_found` for a code to retire that is not offered.
 */
export function putProducts({ db, clock }: Pick<App, 'db' | 'clock'>, input: z.output<typeof PutProductsInput>, call: Call) {
  const by = { actor: call.caller.id, requestId: call.requestId, happenedAt: clock.now() };
  return db.transaction(async (tx) => {
    await tx.execute(sql`lock table loan_products in share row exclusive mode`); // changes wait for each other
    const changed: string[] = [];
    for (const product of input.products) {
      const next = rowOf(product);
      const before = await offered(tx, next.code);
      if (before && isDeepStrictEqual(termsOf(before), termsOf(next))) continue;
      if (before) await retire(tx, before.id, by.happenedAt);
      const id = newId();
      await tx.insert(loanProducts).values({ ...next, id, createdAt: by.happenedAt });
      await record(tx, { ...by, action: 'loan_product_changed', subject: next.code, before: before?.id ?? null, after: id });
      changed.push(next.code);
    }
    for (const code of input.retire) {
      const before = await offered(tx, code);
      if (!before) throw new AppError('product_not_found', `No product "${code}" is offered.`);
      await retire(tx, before.id, by.happenedAt);
      await record(tx, { ...by, action: 'loan_product_retired', subject: code, before: before.id, after: null });
    }
    return { changed, retired: input.retire };
  });
}

async function offered(tx: Tx, code: string) {
  const [row] = await tx
    .select()
    .from(loanProducts)
    .where(and(eq(loanProducts.code, code), isNull(loanProducts.retiredAt)));
  return row;
}

const retire = (tx: Tx, id: string, now: Date) => tx.update(loanProducts).set({ retiredAt: now }).where(eq(loanProducts.id, id));

const termsOf = ({ id: _, createdAt: _created, retiredAt: _retired, ...terms }: Omit<Row, 'createdAt'> & { createdAt?: Date }) => terms;

/** The language of the terms. */
export const ListProductsInput = z.strictObject({ language: z.enum(LANGUAGES).default('en') });

/** The loan products on offer now with all their terms, in shillings, percentages and sentences. */
export async function listProducts({ db }: Pick<App, 'db'>, { language }: z.output<typeof ListProductsInput>) {
  const rows = await db.select().from(loanProducts).where(isNull(loanProducts.retiredAt)).orderBy(asc(loanProducts.code));
  return { products: rows.map((row) => ({ ...presentProduct(row), inWords: describeTerms(row, language) })) };
}

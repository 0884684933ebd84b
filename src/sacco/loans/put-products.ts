import { isDeepStrictEqual } from 'node:util';
import { and, eq, isNull, sql } from 'drizzle-orm';
import type * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { loanProducts } from './loans.schema.ts';
import type { PutProductsInput } from './product-input.ts';
import { rowOf } from './product-row.ts';

type Row = typeof loanProducts.$inferInsert;

/**
 * Adds and changes loan products: new terms are a new row and the old row is retired, so that no loan's terms ever change; unchanged ones
 * stay. One transaction, with audit rows. Throws `product_not_found` for a code to retire that is not offered.
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

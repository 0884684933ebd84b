import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, inOneBatch, rowsOf } from './rows.ts';
import type { Db } from './types.ts';

/** Where numbered pages and totals end: skipping and counting cost more the further they go, and a cursor never does. */
const MOST_NUMBERED = 10_000;

/** A count goes one further, so that it knows whether there are more. */
export const MOST_COUNTED = MOST_NUMBERED + 1;

/** What a list calls the place from where a keyset page goes on. */
const CURSORS = ['cursor', 'before', 'after'] as const;

/** How much of a list is wanted: `count` also says how many there are in all, and so does `page`, which is a numbered page of `limit`. */
export type PageWanted = { limit: number; count?: boolean | undefined; page?: number | undefined };

/** The input of a list: its filters and cursor, a `limit`, and for whoever numbers their pages `page` and `count`. */
export const listInput = <Filters extends z.ZodRawShape>(filters: Filters, most: number, usual = 50) =>
  z
    .strictObject({
      ...filters,
      limit: z.coerce.number().int().min(1).max(most).default(usual),
      count: z.stringbool().optional(),
      page: z.coerce.number().int().min(1).optional(),
    })
    .superRefine(refusePage);

function refusePage(input: Record<string, unknown>, context: z.RefinementCtx): void {
  const { page, limit } = input as PageWanted;
  if (page === undefined) return;
  const cursor = CURSORS.find((name) => input[name] !== undefined);
  if (cursor)
    context.addIssue({ code: 'custom', path: ['page'], message: `Send page or ${cursor}, not both: each says where the page begins.` });
  const last = Math.ceil(MOST_NUMBERED / limit);
  if (page > last)
    context.addIssue({
      code: 'custom',
      path: ['page'],
      message: `Numbered pages end with entry 10,000, on page ${last} of ${limit}: filter for fewer, or go on with the cursor of the page before, which has no end.`,
    });
}

/**
 * The statements of a page, for one batch: `list`, which ends with its order, from where the page begins on, with one row more that shows whether others follow;
 * and where it was asked a count of `all`, which is the list from its `from` on, without cursor and order.
 */
export const pageStatements = (wanted: PageWanted, list: SQL, all: SQL): SQL[] => [
  sql`${list} limit ${wanted.limit + 1} offset ${skippedBy(wanted)}`,
  ...(isCounted(wanted) ? [countSql(all)] : []),
];

/** How many entries stand before a numbered page. */
export const skippedBy = ({ page = 1, limit }: PageWanted): number => (page - 1) * limit;

export const isCounted = ({ count, page }: PageWanted): boolean => count === true || page !== undefined;

/** How many rows there are, as far as is counted. */
export const countSql = (all: SQL): SQL => sql`select count(*) as total from (select ${all} limit ${MOST_COUNTED}) counted`;

const Counted = z.object({ total: bigintText });
type Result = { rows: readonly unknown[] };

/** What the statements of a page answered: its rows, whether others follow, and what is said of the whole. */
export function takePage<T extends z.ZodType>(row: T, wanted: PageWanted, [listed, ...counts]: readonly (Result | undefined)[]) {
  const rows = rowsOf(row, listed?.rows);
  return { rows: rows.slice(0, wanted.limit), hasMore: rows.length > wanted.limit, totals: totalsOf(wanted, sumCounts(counts)) };
}

/** What some counts found together. */
export const sumCounts = (counts: readonly (Result | undefined)[]): number =>
  counts.flatMap((counted) => rowsOf(Counted, counted?.rows)).reduce((sum, { total }) => sum + Number(total), 0);

/** What is said of the whole list, where it was asked. */
type Totals = { total?: number; pages?: number; totalIsMore?: true; page?: number; limit?: number };

/** What is said of the whole list: `total` and `pages`, both cut where numbered pages end (`totalIsMore`), and which page this is. Nothing where it was not asked. */
export function totalsOf(wanted: PageWanted, found: number): Totals {
  if (!isCounted(wanted)) return {};
  const { page, limit } = wanted;
  const total = Math.min(found, MOST_NUMBERED);
  const pages = Math.ceil(total / limit);
  return { total, pages, ...(found > total && { totalIsMore: true as const }), ...(page !== undefined && { page, limit }) };
}

/** Reads one page of a list, and how many there are in all where it was asked. One round trip. */
export const readPage = async <T extends z.ZodType>(
  db: Pick<Db, 'batch' | 'execute'>,
  row: T,
  wanted: PageWanted,
  { list, all }: { list: SQL; all: SQL },
) => takePage(row, wanted, await inOneBatch(db, pageStatements(wanted, list, all)));

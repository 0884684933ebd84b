import { is, SQL, sql } from 'drizzle-orm';
import type * as z from 'zod';
import { retry } from '../retry.ts';
import { isWorthRepeating } from './errors.ts';
import type { Db } from './types.ts';

/**
 * Calls a settling database function in one round trip and checks its answer. Safaricom calls back once, so a broken connection, a deadlock
 * or a throttled endpoint is retried for some seconds; the functions are safe to repeat.
 */
export async function callFunction<T extends z.ZodType>(
  db: Pick<Db, 'query'>,
  shape: T,
  text: string,
  params: readonly unknown[],
): Promise<z.output<T>> {
  const rows = await repeated(() => db.query(text, params));
  return shape.parse(rows[0]);
}

/** The text of a statement that calls a function with parameters of these types, in order. */
export const callText = (name: string, types: readonly string[]): string => `select * from ${name}(${placeholders(types)})`;

/** Placeholders for parameters of these types, numbered from `first`. */
export const placeholders = (types: readonly string[], first = 1): string => types.map((type, at) => `$${at + first}::${type}`).join(', ');

/** A call with such a text as an SQL fragment, to share a batch with built statements. A parameter may be SQL itself. */
export const callSql = (text: string, params: readonly unknown[]): SQL =>
  sql.join(text.split(/\$\d+/).flatMap((piece, at) => (at === 0 ? [sql.raw(piece)] : [asSql(params[at - 1]), sql.raw(piece)])));

const asSql = (value: unknown): SQL => (is(value, SQL) ? value : sql`${sql.param(value)}`);

/**
 * Safaricom calls back once, so work is repeated for this long; then there is still time to keep the callback elsewhere before Safaricom
 * stops waiting.
 */
export const PATIENCE_MS = 8_000;

/**
 * Repeats work that is safe to repeat until it succeeds, fails for good or time runs out. A try under way is then abandoned and may still
 * take effect, like any whose connection broke.
 */
export async function repeated<T>(work: () => Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  const over = new AbortController();
  const { promise: tired, reject } = Promise.withResolvers<never>();
  let last: unknown = new Error('The database did not answer: timeout exceeded.');
  const timer = setTimeout(() => {
    over.abort();
    reject(last);
  }, patienceMs);
  const repeating = retry(work, { retries: Number.POSITIVE_INFINITY, minTimeout: 50, maxTimeout: 1_000, signal: over.signal }, (error) => {
    last = error;
    return isWorthRepeating(error);
  });
  try {
    return await Promise.race([repeating, tired]);
  } finally {
    clearTimeout(timer);
    repeating.catch(() => undefined); // aborted by the signal after time ran out
  }
}

import type * as z from 'zod';
import { repeated } from './repeat.ts';
import type { Db } from './types.ts';

/**
 * Calls a database function that settles something, in one round trip, and checks what it answers. Safaricom tells once, so a broken connection, a deadlock or a
 * throttled endpoint is repeated for some seconds; the functions are safe to repeat.
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

/** The text of a statement that selects from a function with so many parameters of these types, in order. */
export const callText = (name: string, types: readonly string[]): string =>
  `select * from ${name}(${types.map((type, at) => `$${at + 1}::${type}`).join(', ')})`;

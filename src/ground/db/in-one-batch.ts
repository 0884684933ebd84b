import type { SQL } from 'drizzle-orm';
import type { Db } from './types.ts';

/** Runs statements in order, in one transaction and one round trip. */
export function inOneBatch(db: Pick<Db, 'batch' | 'execute'>, statements: readonly SQL[]) {
  const [first, ...rest] = statements.map((statement) => db.execute(statement));
  if (!first) throw new Error('A batch has at least one statement.');
  return db.batch([first, ...rest]);
}

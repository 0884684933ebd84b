import { type SQL, sql } from 'drizzle-orm';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import type { Becomes, Forgets, Found, Holding } from './holding.ts';
import { HOLDINGS } from './holdings/holdings.ts';
import { deleteHeld, rewriteHeld } from './rows-of.ts';

/** `over`: whether the years for which the law keeps who they were are over. `aged`: what came before it is of age. */
type How = { standIn: string; over: boolean; aged: Date };

const REMOVED = '(removed)';

/** Removes from each table what it holds of a person; says of which how many rows were changed or deleted. */
export async function forgetHeld(tx: Tx, found: Found, how: How): Promise<{ title: string; columns: string[]; rows: number }[]> {
  const removed: { title: string; columns: string[]; rows: number }[] = [];
  for (const holding of HOLDINGS) {
    const due = columnsDue(holding, how);
    const columns = due === 'row' ? ['the whole row'] : Object.keys(due);
    const rows = due === 'row' ? await deleteHeld(tx, holding, found) : await rewrite(tx, holding, found, due, how);
    if (rows > 0) removed.push({ title: holding.title, columns, rows });
  }
  return removed;
}

/** What of a table goes now. */
function columnsDue({ forgets }: Holding, { over }: How): Record<string, Forgets> | 'row' {
  if (forgets === 'row') return forgets;
  return Object.fromEntries(Object.entries(forgets).filter(([, { when }]) => when !== 'with the records' || over));
}

async function rewrite(tx: Tx, holding: Holding, found: Found, due: Record<string, Forgets>, { standIn, aged }: How): Promise<number> {
  const columns = Object.entries(due);
  if (columns.length === 0) return 0;
  const values = Object.fromEntries(columns.map(([column, { becomes }]) => [column, newValue(column, becomes, found, standIn)]));
  const ofAge = columns.some(([, { when }]) => when === 'of age');
  const where = ofAge && holding.agesFrom ? sql`${holding.agesFrom} < ${instantSql(aged)}` : sql`true`;
  return rewriteHeld(tx, holding, found, { values, where });
}

/** What stands in a column from then on. What is empty stays so. */
function newValue(column: string, becomes: Becomes, { phoneHashes }: Found, standIn: string): SQL {
  const old = sql`t.${sql.identifier(column)}`;
  const hash = lookupHash(standIn);
  const filled = (value: string) => sql`case when ${old} is not null then ${value}::text end`;
  const values: Record<Becomes, () => SQL> = {
    null: () => sql`null`,
    phone: () => filled(encrypt(standIn, column)),
    'phone hash': () => filled(hash),
    'id hash': () => filled(lookupHash(`${column}:${standIn}`)),
    inside: () => phoneHashes.reduce((text, own) => sql`replace(${text}, ${own}, ${hash})`, old),
    words: () => filled(encrypt(REMOVED, column)),
    blank: () => sql`''`,
  };
  return values[becomes]();
}

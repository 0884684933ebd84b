import { sql } from 'drizzle-orm';
import type { Tx } from '#ground/db/types.ts';
import { ACCOUNTS, type PartAccountId } from './accounts.ts';

/** Opens the account of one loan or of one member's savings. Safe to repeat. */
export async function openAccount(tx: Tx, account: PartAccountId): Promise<void> {
  const parent = account.startsWith('loan:') ? ACCOUNTS.loans : ACCOUNTS.savings;
  await tx.execute(sql`
  insert into accounts (id, kind, name, parent) select ${account}, kind, name, id from accounts where id = ${parent}
  on conflict (id) do nothing`);
}

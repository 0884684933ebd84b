import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import type { AccountId } from './accounts.ts';

const Balance = z.object({ account: z.string(), balanceCents: bigintText });

/** Assets and expenses grow by debit, the others by credit. */
const signedSql = (held: SQL): SQL => sql`case when a.kind in ('asset', 'expense') then ${held} else -${held} end`;

/** The balance of every account in cents, its parts included: a checkpoint and what came after it (checkpoints.sql). */
export async function balances(db: Reader): Promise<Record<string, bigint>> {
  const rows = await readRows(
    db,
    Balance,
    sql`
    select a.id as account, ${signedSql(sql`coalesce(b.cents, 0)`)} as balance_cents
    from accounts a left join balances_1() b on b.account = a.id where a.parent is null`,
  );
  return Object.fromEntries(rows.map((row) => [row.account, row.balanceCents]));
}

/** The balance of one account and its parts in cents. Where it limits a spend, lock the account in an earlier statement. */
export async function balanceOf(db: Reader, account: AccountId): Promise<bigint> {
  const [row] = await readRows(
    db,
    z.object({ balanceCents: bigintText }),
    sql`select ${signedSql(sql`held_1(${account})`)} as balance_cents from accounts a where a.id = ${account}`,
  );
  return row?.balanceCents ?? 0n;
}

/** What an account holds by itself, without its parts: debits less credits in cents, as a value in a statement. */
export const heldAloneSql = (account: AccountId): SQL => sql`(select held_1(${account}) - coalesce(sum(h.cents), 0)
  from held_each_1(array(select id from accounts where parent = ${account})) h)`;

const Line = z.object({ account: z.string(), kind: z.string(), name: z.string(), parent: z.string().nullable(), balanceCents: bigintText });

/** An account with its balance; of an account with parts, what they have together. */
export type TrialLine = z.output<typeof Line>;

/** Every account, and the parts of those in `withParts`, with its balance; `differenceCents` is zero where debits equal credits, as they always must. */
export async function readTrialBalance(
  db: Reader,
  withParts: readonly AccountId[],
): Promise<{ lines: TrialLine[]; differenceCents: bigint }> {
  const lines = await readRows(
    db,
    Line,
    sql`
    select a.id as account, a.kind, a.name, a.parent, ${signedSql(sql`coalesce(b.cents, 0)`)} as balance_cents
    from accounts a left join balances_1() b on b.account = a.id
    where a.parent is null or a.parent = any(${sql.param([...withParts])}::text[]) order by a.id`,
  );
  const signed = lines
    .filter(({ parent }) => parent === null)
    .map(({ kind, balanceCents }) => (growsByDebit(kind) ? balanceCents : -balanceCents));
  return { lines, differenceCents: signed.reduce((sum, cents) => sum + cents, 0n) };
}

const growsByDebit = (kind: string): boolean => kind === 'asset' || kind === 'expense';

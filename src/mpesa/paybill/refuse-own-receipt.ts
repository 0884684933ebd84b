import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { bareReference } from '#ground/references/reference.ts';
import type { App } from '../wiring/app.ts';

/** Keeps people from recording, and from approving, what pays their own loan or account, directly or through a payment for one. Throws `own_loan`, `own_account`. */
export async function refuseOwnReceipt(
  { upstairs }: Pick<App, 'upstairs'>,
  tx: Tx,
  reference: string | null | undefined,
  { caller }: Call,
): Promise<void> {
  if (!reference) return;
  const [payment] = await readRows(
    tx,
    z.object({ subject: z.string().nullable() }),
    sql`select p.subject from payments p where p.reference = ${reference}`,
  );
  const typed = bareReference(payment?.subject ?? reference);
  const [own] = await readRows(
    tx,
    z.object({ kind: z.string().nullable() }),
    sql`select ${upstairs.ownKindSql(sql`${typed}::text`, sql`${caller.id}::text`)} as kind`,
  );
  if (own?.kind === 'loan') throw new AppError('own_loan', 'This pays your own loan: somebody else has to look after its receipt.');
  if (own?.kind) throw new AppError('own_account', 'This pays your own account: somebody else has to look after its receipt.');
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '../call.ts';
import { readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { AppError } from '../errors.ts';
import type { Target } from './match-targets.ts';

/** Keeps people from giving money whose owner is not known to their own loans and accounts, also by way of a payment for one. Throws `own_loan` and `own_account`. */
export async function refuseOwn(tx: Tx, targets: Target[], { person }: Caller): Promise<void> {
  if (!person || targets.every(({ owner }) => !owner)) return;
  const [self] = await readRows(
    tx,
    z.object({ memberId: z.uuid() }),
    sql`select m.id as "memberId" from members m join people p on p.id = m.person_id where p.phone_hash = ${person.phoneHash}`,
  );
  const own = targets.find(({ owner }) => self && owner?.memberId === self.memberId)?.owner;
  if (own?.kind === 'loan') throw new AppError('own_loan', 'This is a loan of your own: somebody else has to match money to it.');
  if (own) throw new AppError('own_account', 'This is an account of your own: somebody else has to match money to it.');
}

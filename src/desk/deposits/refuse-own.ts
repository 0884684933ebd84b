import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { personBehindSql } from '#people/auth/find-key-holder.ts';
import type { Target } from './match-targets.ts';

const Behind = z.object({ known: z.boolean(), memberId: z.uuid().nullable() });

/**
 * Keeps people from matching unidentified money to their own loans and accounts, directly, through a payment for one, or with a key they
 * made. A key without a known maker cannot match to any loan or account. Throws `own_loan`, `own_account`, `forbidden`.
 */
export async function refuseOwn(tx: Tx, targets: Target[], { id: caller }: Caller): Promise<void> {
  if (targets.every(({ owner }) => !owner)) return;
  const [behind] = await readRows(
    tx,
    Behind,
    sql`
    select behind.id is not null as known, m.id as member_id
    from (select ${personBehindSql(sql`${caller}::text`)} as id) behind left join members m on 'person:' || m.person_id = behind.id`,
  );
  if (!behind?.known)
    throw new AppError(
      'forbidden',
      'The maker of this API key is no longer here, or unknown, so it cannot be checked whose loans and accounts it must not match money to: make a new key, or have a person match this.',
    );
  const own = targets.find(({ owner }) => owner?.memberId === behind.memberId)?.owner;
  if (own?.kind === 'loan') throw new AppError('own_loan', 'This is your own loan: somebody else has to match money to it.');
  if (own) throw new AppError('own_account', 'This is your own account: somebody else has to match money to it.');
}

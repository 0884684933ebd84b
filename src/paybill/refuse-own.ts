import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '../call.ts';
import { readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { AppError } from '../errors.ts';
import { STANDING_KINDS } from '../references/find-standing.ts';
import { bareReference } from '../references/reference.ts';
import type { Target } from './match-targets.ts';

/** Keeps people from giving money whose owner is not known to their own loans and accounts, also by way of a payment for one. Throws `own_loan` and `own_account`. */
export async function refuseOwn(tx: Tx, targets: Target[], caller: Caller): Promise<void> {
  if (!caller.person) return;
  const names = targets.map((target) => ('subjectId' in target ? target.reference : target.subject)).filter((name) => name !== null);
  const [own] = await readRows(
    tx,
    z.object({ kind: z.enum(STANDING_KINDS) }),
    sql`
    select s.kind from standing_references s left join loans l on s.kind = 'loan' and l.id = s.subject_id
    left join member_accounts a on s.kind = 'savings' and a.id = s.subject_id
    join members m on m.id = coalesce(l.member_id, a.member_id) join people p on p.id = m.person_id
    where s.typed = any(${sql.param(names.map(bareReference))}::text[]) and p.phone_hash = ${caller.person.phoneHash} limit 1`,
  );
  if (own?.kind === 'loan') throw new AppError('own_loan', 'This is a loan of your own: somebody else has to match money to it.');
  if (own) throw new AppError('own_account', 'This is an account of your own: somebody else has to match money to it.');
}

import { openAccount, savingsAccount } from '#books/ledger/accounts.ts';
import { newId } from '#ground/db/columns.ts';
import type { Tx } from '#ground/db/types.ts';
import { newReference } from '#ground/references/reference.ts';
import { keepStanding } from '#ground/references/standing-reference.ts';
import { memberAccounts } from './members.schema.ts';

/** Opens a member's savings account: its row, its account in the ledger and what is typed at the paybill, drawn again until nothing else has it. */
export async function openSavings(
  tx: Tx,
  { memberId, now }: { memberId: string; now: Date },
  draw = () => newReference('SV'),
): Promise<{ accountId: string; reference: string }> {
  const accountId = newId();
  let reference = draw();
  while (!(await keepStanding(tx, { reference, kind: 'savings', subjectId: accountId, now }))) reference = draw();
  await tx.insert(memberAccounts).values({ id: accountId, memberId, kind: 'savings', reference, openedAt: now });
  await openAccount(tx, savingsAccount(accountId));
  return { accountId, reference };
}

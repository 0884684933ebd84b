import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { savingsAccount } from '#books/ledger/accounts.ts';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { savingsStanding } from '../../loans/told-part.ts';
import { MEMBER_COLUMNS, MemberRow, presentMember } from './present-member.ts';

/** Which member: oneself, or one by id. */
export const ReadMemberInput = z.strictObject({ id: z.union([z.literal('me'), z.uuid()]) });

/**
 * A member with accounts, balances and a summary of loans: members read themselves, staff who may read members read anyone. A read by staff is audited and
 * shows the national id in full. Throws `member_not_found` for an unknown id and for somebody else's. One round trip, and one more for each balance.
 */
export async function readMember({ db, clock }: Pick<App, 'db' | 'clock'>, { id }: z.output<typeof ReadMemberInput>, call: Call) {
  const { person, scopes } = call.caller;
  const own = person ? sql`p.phone_hash = ${person.phoneHash}` : sql`false`;
  const named = id === 'me' ? sql`true` : sql`m.id = ${id}::uuid`;
  const inFull = id !== 'me' && scopes.includes('members:read');
  const [row] = await readRows(
    db,
    MemberRow,
    inFull ? notedSql(named, call, clock.now()) : sql`select ${MEMBER_COLUMNS} where ${named} and ${own}`,
  );
  if (!row)
    throw new AppError(
      'member_not_found',
      id === 'me' ? 'You are not a member yet: POST /api/members makes you one.' : 'There is no such member.',
    );
  const standings = await Promise.all(row.accounts.map(({ accountId }) => savingsStanding(db, savingsAccount(accountId))));
  return presentMember(row, standings, { inFull });
}

/** Reads the member, and records who looked, in one statement. */
const notedSql = (which: SQL, { caller }: Call, now: Date): SQL => sql`
  with found as (
    select ${MEMBER_COLUMNS} where ${which}
  ), noted as (
    ${recordSql({ actor: caller.id, action: 'member_read', subject: sql`id::text`, happenedAt: now, from: sql`found` })}
  )
  select * from found`;

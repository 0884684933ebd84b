import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { encrypt } from '#ground/db/encryption.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { line } from '#ground/text/line.ts';
import type { App } from '../wiring/app.ts';
import { lockStatement } from './sign-statement.ts';

/** Which statement, and why it should not have been signed. */
export const WithdrawInput = z.strictObject({ id: z.uuid(), reason: line(2, 200) });

/**
 * Withdraws a statement that was signed by mistake, once all of it is booked: it joins, proves, refutes and covers nothing any more, so that the right one can be signed.
 * What it booked stays, but for what it alone showed as reversed in the portal (withdraw-statement.sql). By another person than who signed it. Throws
 * `statement_not_found`, `statement_not_signed`, `second_person_needed`, and `money_already_moved` where something was done because it showed a payment as reversed.
 */
export function withdrawStatement(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id, reason }: z.output<typeof WithdrawInput>,
  { caller, requestId }: Pick<Call, 'caller' | 'requestId'>,
) {
  const now = clock.now();
  return db.transaction(async (tx) => {
    await lockStatement(tx, id, { joins: true, beside: true });
    const [statement] = await readRows(
      tx,
      z.object({ state: z.string(), decidedBy: z.string().nullable() }),
      sql`select state, decided_by from statements where id = ${id}::uuid`,
    );
    if (!statement) throw new AppError('statement_not_found', 'There is no such statement.');
    if (statement.state !== 'done') throw new AppError('statement_not_signed', WHY_NOT[statement.state] ?? NOT_SIGNED);
    if (statement.decidedBy === caller.id)
      throw new AppError('second_person_needed', 'You signed this statement off: another person has to withdraw it.');
    const [done] = await readRows(
      tx,
      z.object({ moved: z.string().nullable() }),
      sql`select withdraw_statement_1(${id}::uuid, ${caller.id}, ${encrypt(reason, 'withdrawn_why')}, ${instantSql(now)}) as moved`,
    );
    if (done?.moved) throw new AppError('money_already_moved', sayMoved(done.moved));
    await record(tx, {
      ...{ actor: caller.id, action: 'statement_withdrawn', subject: id },
      ...{ before: 'done', after: 'withdrawn', requestId, happenedAt: now },
    });
    return { statementId: id, state: 'withdrawn' };
  });
}

const sayMoved = (receipt: string): string =>
  `It alone shows ${receipt} as reversed in the portal, and that was relied on: the payment was taken back, M-PESA says so too, or it is a prompt's whose code is not certain. Withdrawn, the money could leave twice. Have a full statement signed first that shows the same reversal; where there is none, this one stays.`;

const NOT_SIGNED = 'It was not signed off, so it says nothing yet: discard it instead.';
const WHY_NOT: Record<string, string> = {
  signed: 'What it proves is still being booked: try again in a minute.',
  refused: 'It was refused, so it says nothing.',
  discarded: 'It was discarded, so it says nothing.',
  withdrawn: 'It was withdrawn already.',
};

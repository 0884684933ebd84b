import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call, OpenCall } from '#ground/call.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { summonRuns } from '#ground/runs/hand-over.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { personBehindSql } from '#people/auth/find-key-holder.ts';
import type { App } from '../wiring/app.ts';
import { workStatements } from './work-statements.ts';

/** Which statement. */
export const DecideInput = z.strictObject({ id: z.uuid() });

const HEAD_START_MS = 8_000;
/** Up to this many lines are settled right after the answer; with more the background function settles them. */
const FEW_LINES = 500;

const Decided = z.object({
  state: z.string(),
  lineCount: z.number(),
  uploader: z.string().nullable(),
  unbroken: z.boolean(),
  /** How it disagrees with a signed statement, and which that is. */
  clashes: z.enum(['opening', 'balance', 'lines']).nullable(),
  clashingId: z.uuid().nullable(),
  clashingName: z.string().nullable(),
  belongsTo: z.string().nullable(),
  /** Whether it has no line although the books have proved payments, or paid payouts, in the days that it names. */
  isNotQuiet: z.boolean(),
});

/**
 * Signs a statement off, once: it then proves what it contains, and refutes what it should contain and does not. The signer is not the person who uploaded it or
 * whose key did. Its own figures must agree, and it must join the signed statements before it, after it and of the same days. Throws `second_person_needed`,
 * `statement_not_whole`, `statement_does_not_join`, `statement_of_other_shortcode` and `statement_not_waiting`.
 */
export async function signStatement(app: App, { id }: z.output<typeof DecideInput>, call: OpenCall) {
  const lines = await decide(
    app,
    { id, call, to: 'signed', from: ['matched'], action: 'statement_signed' },
    async (_tx, { uploader, lineCount, unbroken, clashes, clashingId, clashingName, belongsTo, isNotQuiet }) => {
      if (uploader === null)
        throw new AppError(
          'second_person_needed',
          'This was uploaded with an API key whose maker is no longer here, or unknown: discard it, and upload it yourself or with a new key.',
        );
      if (uploader === call.caller.id)
        throw new AppError(
          'second_person_needed',
          'You uploaded this statement, or made the key that did: another person has to sign it off.',
        );
      if (!unbroken)
        throw new AppError(
          'statement_not_whole',
          'Its own figures do not agree (see its problems), so it proves nothing: export the same days again with all their lines, discard this one, and import that.',
        );
      if (isNotQuiet)
        throw new AppError(
          'statement_not_whole',
          'It has no line, and payments of its days are proved, or payouts of its days are paid: export the same days again, discard this one, and import that.',
        );
      if (clashes !== null)
        throw new AppError(
          'statement_does_not_join',
          `${CLASHES[clashes]} The signed one is ${clashingName}: if that one is wrong, another person than who signed it withdraws it (POST /api/statements/${clashingId}/withdraw).`,
          { statementId: clashingId },
        );
      if (belongsTo !== null)
        throw new AppError(
          'statement_of_other_shortcode',
          `It lists payments that are proved to have come to ${belongsTo}, or that notices and lists say of most of its payments: discard it, and import it as that short code's. If the portal exported it for this one, export a longer time of it, so that most of its payments are known as its own.`,
        );
      return lineCount;
    },
  );
  const now = app.clock.now().getTime();
  call.later(() => (lines > FEW_LINES ? summonRuns(app) : workStatements(app, new Date(now + HEAD_START_MS))));
  return { statementId: id, state: 'signed' };
}

/** Discards a statement that was not signed off. Nothing of it was booked; its file, lines and findings are deleted. Throws `statement_not_waiting`. */
export async function discardStatement(app: App, { id }: z.output<typeof DecideInput>, call: Call) {
  const from = ['receiving', 'waiting', 'reading', 'matching', 'matched', 'refused'];
  await decide(app, { id, call, to: 'discarded', from, action: 'statement_discarded' }, async (tx) => {
    for (const table of ['statement_absences', 'statement_lines', 'statement_parts'])
      await tx.execute(sql`delete from ${sql.identifier(table)} where statement_id = ${id}::uuid`);
  });
  return { statementId: id, state: 'discarded' };
}

type Decision = { id: string; call: Call; to: 'signed' | 'discarded'; from: string[]; action: string };

/** Moves a statement from one of these states to another, once, after `judge` has let it pass under its lock. */
function decide<T>(
  { db, clock }: App,
  { id, call, to, from, action }: Decision,
  judge: (tx: Tx, row: z.output<typeof Decided>) => Promise<T>,
): Promise<T> {
  const now = clock.now();
  return db.transaction(async (tx) => {
    await lockStatement(tx, id, { joins: to === 'signed' });
    const [row] = await readRows(
      tx,
      Decided,
      sql`select s.state, s.line_count, ${personBehindSql(sql`s.uploaded_by`)} as uploader, s.unbroken, c.how as clashes, c."with" as clashing_id, o.file_name as clashing_name, belongs_to_1(s) as belongs_to,
        s.line_count = 0 and not s.whole and (
          exists (select from deposits d where d.shortcode = s.shortcode and d.confirmed_at is not null and d.merged_into is null
            and coalesce(d.moved_at, d.settled_at) between s.covers_from and s.named_to)
          or exists (select from withdrawals w join transfers t on t.kind in ('payout_paid', 'payout_late') and t.source_id = w.id::text
            where w.settled_at >= s.covers_from and w.state = 'paid' and t.credit_account = 'paybill_float:' || s.shortcode
              and coalesce(w.moved_at, w.settled_at) between s.covers_from and s.named_to)) as is_not_quiet
        from statements s cross join lateral clashes_2(s) c left join statements o on o.id = c."with" where s.id = ${id}::uuid`,
    );
    if (!row) throw new AppError('statement_not_found', 'There is no such statement.');
    if (!from.includes(row.state))
      throw new AppError('statement_not_waiting', REASONS[row.state] ?? `It is ${row.state}: wait until it is compared.`);
    const judged = await judge(tx, row);
    await tx.execute(sql`
    update statements set state = ${to}, done = 0, decided_by = ${call.caller.id}, decided_at = ${instantSql(now)} where id = ${id}::uuid`);
    await tx.execute(closeTasksSql({ kinds: ['statement_unsigned'], subjects: [id], closedAt: now, note: to }));
    await record(tx, {
      actor: call.caller.id,
      action,
      subject: id,
      before: row.state,
      after: to,
      requestId: call.requestId,
      happenedAt: now,
    });
    return judged;
  });
}

/**
 * Locks a statement. `joins`: also which statements of its short code are signed, so that of two that do not join each other only one is. `beside`: other statements may be settled that write
 * to its lines.
 */
export async function lockStatement(tx: Tx, id: string, { joins, beside = false }: { joins: boolean; beside?: boolean }): Promise<void> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended('statements:' || shortcode, 0)) from statements where id = ${id}::uuid and ${joins}`,
  );
  await tx.execute(sql`select from statements where id = ${id}::uuid ${beside ? sql`for no key update` : sql`for update`}`);
}

const CLASHES = {
  opening:
    'Its opening balance is not the closing balance of the last signed statement of this account: import and sign the days between them first, or export these days again.',
  balance:
    'Its closing balance is not the opening balance of the next signed statement of this account: import and sign the days between them first, the latest before the earlier, or export these days again.',
  lines:
    'A signed statement of this account has some of the same days, and other lines or balances for them: compare both with the portal, and export these days again.',
};

const REASONS: Record<string, string> = {
  signed: 'It was signed off already.',
  done: 'It was signed off already.',
  refused: 'It was refused: see why, and import a file that can be read.',
  discarded: 'It was discarded: import it again.',
  withdrawn: 'It was withdrawn: import it again.',
};

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call, Caller } from '#ground/call.ts';
import { pick } from '#ground/db/pick.ts';
import { decrypted, inOneBatch, rowsOf } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { taskNotes } from '#ground/tasks/reviews.schema.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { listDeposits } from '../deposits/list-deposits.ts';
import type { Known } from './actions.ts';
import { knownOf } from './known-of.ts';
import { actionsOf } from './offer-actions.ts';
import { personOfSql } from './person-of.ts';
import { amountsOf, amountsSql, withLostReceipts } from './read-amounts.ts';
import { reportedOf, reportedSql } from './read-reported.ts';
import { seesId, seesNotes } from './seen-by.ts';
import { idOf, type SubjectType, typesOf } from './subjects.ts';
import { presentSubject, presentTask, TASK_FROM, TASK_LIST, TaskRow } from './task-row.ts';

/** Which task. */
export const ReadTaskInput = z.strictObject({ id: z.uuid() });

const NOTE = pick(taskNotes, 'n', ['id', 'note', 'writtenBy', 'writtenAt', 'closes']);
const Note = NOTE.row.extend({ name: decrypted('name').nullable() });
type Note = z.output<typeof Note>;

/** The kinds of money in suspense. */
const MAY_BE_MATCHED = ['unidentified_deposit', 'underpaid_deposit'];
/** Closing one of these is refused while money of it waits (close-task.ts). */
const MONEY_MAY_WAIT = [...MAY_BE_MATCHED, 'surplus_payment'];

/**
 * A task with all that a person needs to mend it: what happened, what to do, who has it, what was noted, the money that it is about, what
 * was reported of it, what that may be for, and the requests that mend it. Throws `task_not_found`. Two round trips, and two more for what money
 * in suspense may be for.
 */
export async function readTask({ db }: Pick<App, 'db'>, { id }: z.output<typeof ReadTaskInput>, { caller }: Pick<Call, 'caller'>) {
  const [task, noted] = await inOneBatch(db, [
    sql`select ${TASK_LIST} from ${TASK_FROM} where r.id = ${id}::uuid`,
    sql`select ${NOTE.list}, p.name from task_notes n left join people p on p.id = ${personOfSql(sql`n.written_by`)}
      where n.review_id = ${id}::uuid order by n.written_at, n.id`,
  ]);
  const [row] = rowsOf(TaskRow, task?.rows);
  if (!row) throw new AppError('task_not_found', 'There is no such task.');
  const notes = rowsOf(Note, noted?.rows);
  const { wordsOf } = await import('#desk/tasks/words-of.ts'); // much text, which lies beside the bundles
  const words = wordsOf(row.kind);
  const { subject: subjects, happened, todo, more = [], actions } = words;
  const types = typesOf(subjects, row.subject);
  const { amounts, reported } = await readMoney(db, row, types);
  const type = types.find((each) => amounts.some(({ what }) => what === each)) ?? types[0];
  const known = knownTo(caller, {
    ...(type && { [type]: idOf(type, row.subject) }),
    ...(type === 'payout' && { part: row.subject }),
    ...(type === 'limit' && { day: row.subject.slice(-10) }),
    ...knownOf(type, amounts, reported),
  });
  const open = row.closedAt === null;
  const mayMatch = open && MAY_BE_MATCHED.includes(row.kind) && caller.scopes.includes('deposits:match');
  const moneyWaits = MONEY_MAY_WAIT.includes(row.kind) && amounts.some((amount) => amount.what === 'deposit' && amount.waiting);
  const waiting = mayMatch ? amounts.find((amount) => amount.what === 'deposit' && amount.waiting) : undefined;
  return {
    ...presentTask(row, words, caller),
    subject: presentSubject(type ?? null, row.subject, caller),
    ...{ happened, todo, more },
    closedNote: seesNotes(caller) ? (row.note ?? notes.find(({ closes }) => closes)?.note ?? null) : null,
    notes: seesNotes(caller) ? notes.map(presentNote) : [],
    amounts: amounts.filter(({ what }) => seesId(what, caller)),
    reported: seesNotes(caller) ? reported : reported.map((each) => ({ ...each, typedReference: null })),
    candidates: waiting ? await candidatesFor(db, waiting.id) : [],
    actions: open ? actionsOf(actions, known, moneyWaits ? undefined : row.id, caller.scopes) : [],
  };
}

/** The money that a task is about, and what was reported of it; one round trip, or none. */
async function readMoney(db: App['db'], task: Pick<TaskRow, 'id' | 'kind' | 'subject'>, types: SubjectType[]) {
  const wanted = [amountsSql(task.kind, types, task.subject), reportedSql(task, types)] as const;
  const statements = wanted.flatMap((statement) => statement ?? []);
  const results = statements.length === 0 ? [] : await inOneBatch(db, statements);
  const [money, said] = wanted[0] ? results : [undefined, results[0]];
  const reported = reportedOf(said?.rows);
  const told = reported.findLast(({ source, receipts }) => source === 'c2b' && receipts.length > 0);
  return { amounts: withLostReceipts(amountsOf(money?.rows), told?.receipts ?? []), reported };
}

const presentNote = ({ id, note, writtenBy, writtenAt, closes, name }: Note) => ({
  ...{ noteId: id, note, closes, writtenAt: writtenAt.toISOString(), writtenBy: { by: writtenBy, name } },
});

/** What of it the caller may have: with the rest no request is filled in. */
const knownTo = (caller: Pick<Caller, 'id' | 'scopes'>, known: Known): Known =>
  Object.fromEntries(Object.entries(known).filter(([what]) => what === 'part' || seesId(what as SubjectType, caller)));

/** What money in suspense may be for, the most likely first. */
async function candidatesFor(db: App['db'], depositId: string) {
  const { deposits } = await listDeposits({ db }, { state: 'suspense', depositId, limit: 1 });
  return deposits[0]?.suggestions ?? [];
}

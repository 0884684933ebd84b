import { type SQL, sql } from 'drizzle-orm';
import { recordSql } from '../audit/record.ts';
import { encrypt } from '../db/encryption.ts';
import { instantSql } from '../db/rows.ts';

/** What a person does with one task: who, in which request, when. */
export type TaskChange = { taskId: string; by: string; requestId: string; now: Date };

const trail = ({ by, requestId, now }: TaskChange) => ({ actor: by, requestId, happenedAt: now });

/** Gives an open task to a person, or to nobody. Yields its id only where that changed something; the trail has who had it before. */
export const assignTaskSql = (change: TaskChange, assignee: string | null): SQL => sql`
  with task as materialized (select id, assignee from reviews where id = ${change.taskId}::uuid for update
  ), assigned as (
    update reviews r set assignee = ${assignee}::uuid from task
    where r.id = task.id and r.closed_at is null and r.assignee is distinct from ${assignee}::uuid
    returning r.id, r.assignee, task.assignee as earlier
  ), audited as (${recordSql({
    ...{ ...trail(change), action: 'task_assigned', subject: sql`id::text`, from: sql`assigned` },
    ...{ before: sql`to_jsonb(earlier::text)`, after: sql`to_jsonb(assignee::text)` },
  })})
  select id from assigned`;

/** Keeps a note about a task, open or closed, encrypted. Yields the note's id where there is such a task. */
export const noteTaskSql = (change: TaskChange, { noteId, note }: { noteId: string; note: string }): SQL => sql`
  with written as (${writeNoteSql(change, { noteId, note, closes: false, from: sql`reviews where id = ${change.taskId}::uuid` })}
  ), audited as (${recordSql({
    ...{ ...trail(change), action: 'task_noted', subject: sql`review_id::text`, from: sql`written` },
    after: sql`jsonb_build_object('noteId', id)`,
  })})
  select id from written`;

/** Closes an open task `r` with a note that says what was done, unless something speaks against it. Yields its id where this closed it: of two who close it at once, to one. */
export const closeTaskSql = (change: TaskChange, { noteId, note, unless }: { noteId: string; note: string; unless: SQL }): SQL => sql`
  with closed as (
    update reviews r set closed_at = ${instantSql(change.now)}, closed_by = ${change.by} where r.id = ${change.taskId}::uuid and r.closed_at is null and not (${unless})
    returning r.id, r.kind, r.subject
  ), written as (${writeNoteSql(change, { noteId, note, closes: true, from: sql`closed` })}
  ), audited as (${recordSql({
    ...{ ...trail(change), action: 'task_closed', subject: sql`id::text`, from: sql`closed` },
    after: sql`jsonb_build_object('kind', kind, 'subject', subject)`,
  })})
  select id from closed`;

type NewNote = { noteId: string; note: string; closes: boolean; from: SQL };

const writeNoteSql = ({ by, now }: TaskChange, { noteId, note, closes, from }: NewNote): SQL => sql`
  insert into task_notes (id, review_id, written_by, written_at, note, closes)
  select ${noteId}::uuid, id, ${by}, ${instantSql(now)}, ${encrypt(note, 'note')}, ${closes} from ${from}
  returning id, review_id`;

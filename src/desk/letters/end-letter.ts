import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { notDead } from './find-letter.ts';
import { type LetterKind, TASK_OF } from './letter.ts';

type Ending = {
  letter: { id: string; kind: LetterKind };
  /** Does it, and yields the letter's `id`, or nothing where somebody else was faster. */
  done: SQL;
  action: 'dead_letter_retried' | 'dead_letter_discarded';
  note: string;
  reason?: string;
  call: Call;
  now: Date;
};

/** Ends what a person had to do about a letter, once: what is to be done to it, the audit trail and its task, in one statement. Throws `letter_not_dead`. */
export async function endLetter(db: Db, { letter: { kind }, done, action, note, reason, call, now }: Ending): Promise<void> {
  const [ended] = await readRows(
    db,
    z.object({ id: z.uuid() }),
    sql`
    with done as (${done}), audited as (${recordSql({
      ...{ actor: call.caller.id, action, subject: sql`id::text`, requestId: call.requestId, happenedAt: now, from: sql`done` },
      after: sql`jsonb_strip_nulls(jsonb_build_object('kind', ${kind}::text, 'reason', ${reason ?? null}::text))`,
    })}), closed as (${closeTasksSql({
      kinds: [TASK_OF[kind]],
      subjects: sql`select id::text from done`,
      ...{ closedAt: now, closedBy: call.caller.id, note },
    })})
    select id from done`,
  );
  if (!ended) throw notDead();
}

/** For a notice there is nothing to do but to close its task, which then keeps it from being read again; it is locked, so that one of two does it. */
export const quarantinedSql = (id: string): SQL =>
  sql`select r.subject::uuid as id from reviews r where r.kind = ${TASK_OF.notice} and r.subject = ${id} and r.closed_at is null for update`;

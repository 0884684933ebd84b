import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import { newId } from '#ground/db/columns.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Db, Tx } from '#ground/db/types.ts';
import { standInOf } from '#ground/text/stand-in.ts';
import { type Day, nairobiDay } from '#ground/time/nairobi.ts';
import { retirePersonSql } from '#people/people/retire-person.ts';
import { idOf } from './export-person.ts';
import { type Asked, findPerson } from './find-person.ts';
import { forgetHeld } from './forget-held.ts';
import { gatherThings } from './gather-things.ts';
import type { Found, Subject } from './holding.ts';
import { lockPerson } from './lock-person.ts';
import { recordsUntil } from './records-until.ts';
import { findOpen, type Open } from './refuse-open.ts';
import { silencePerson } from './silence-person.ts';

export type Wanted = { by: string; reason: string; years: number; now: Date };

/** What was removed, or would be: by what it is, how many rows. `keptUntil`: until when the law keeps who they were. */
export type Anonymised = {
  handle: string;
  open: Open[];
  removed: { title: string; columns: string[]; rows: number }[];
  keptUntil: Day | undefined;
  again: boolean;
};

/** A try is rolled back with what it found. */
class OnlyTried extends Error {
  readonly found: Anonymised;
  constructor(found: Anonymised) {
    super('Nothing was changed.');
    this.found = found;
  }
}

/**
 * Removes what is held of a person, and keeps what the law asks for, in one transaction: cut off, it was never begun. Where something is open, nothing is removed: `open` says
 * what to do first. Without `forGood` it only says what it would do. Two at once wait for each other. Throws `NotOne`.
 */
export async function anonymisePerson(db: Db, asked: Asked, wanted: Wanted, { forGood }: { forGood: boolean }): Promise<Anonymised> {
  try {
    return await db.transaction(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('anonymise a person', 0))`);
      const subject = await findPerson(tx, asked);
      await lockPerson(tx, subject);
      const done = await anonymise(tx, await gatherThings(tx, subject), wanted);
      if (!forGood) throw new OnlyTried(done);
      return done;
    });
  } catch (error) {
    if (error instanceof OnlyTried) return error.found;
    throw error;
  }
}

async function anonymise(tx: Tx, found: Found, { by, reason, years, now }: Wanted): Promise<Anonymised> {
  const { handle, personId } = found;
  const keptUntil = await recordsUntil(tx, found, years);
  const open = await findOpen(tx, found, now);
  if (open.length > 0) return { handle, open, removed: [], keptUntil, again: false };
  const { id, again } = await keepAnonymisation(tx, found, { by, reason, years, now, keptUntil });
  const standIn = standInOf(id);
  await silencePerson(tx, found, now);
  const over = keptUntil === undefined || keptUntil < nairobiDay(now);
  const aged = new Date(now);
  aged.setUTCFullYear(aged.getUTCFullYear() - years);
  const removed = await forgetHeld(tx, found, { standIn, over, aged });
  if (personId !== null) await tx.execute(retirePersonSql(personId, now));
  const rows = removed.reduce((sum, each) => sum + each.rows, 0);
  await record(tx, {
    actor: 'operator',
    action: 'person_anonymised',
    subject: idOf(found),
    after: { by, about: handle, reason, rows, again },
    happenedAt: now,
  });
  return { handle, open, removed, keptUntil: over ? undefined : keptUntil, again };
}

/** Notes who is anonymised; the same row, and so the same stand-in, when it is done again. */
async function keepAnonymisation(
  tx: Tx,
  { handle, personId }: Subject,
  { by, reason, now, keptUntil }: Wanted & { keptUntil: Day | undefined },
) {
  const [row] = await readRows(
    tx,
    z.object({ id: z.uuid(), again: z.boolean() }),
    sql`
    insert into anonymisations as a (id, subject, person_id, reason, done_by, first_at, last_at, kept_until)
    values (${newId()}::uuid, ${handle}, ${personId}::uuid, ${reason}, ${by}, ${instantSql(now)}, ${instantSql(now)}, ${keptUntil ?? null}::date)
    on conflict (subject) do update set last_at = excluded.last_at, kept_until = excluded.kept_until
    returning a.id, a.xmax <> 0 as again`,
  );
  if (!row) throw new Error('An anonymisation was neither noted nor found.');
  return row;
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { closeTasksSql, rewordTask } from '#ground/tasks/close-tasks.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { sayOpening } from './tell-differences.ts';

/** How long after the first balance a statement of the time before it is likely to come. */
const TOLD_FOR_DAYS = 124;

const Opening = z.object({ openingCents: bigintText, openedAt: instant });

/**
 * Opens a task, once, where more was entered as capital than the first balance held beyond the books: a statement has since shown some of it to be a customer's
 * payment, so the books have it twice. Closes the task when that is booked back.
 */
export async function tellOpening(tx: Tx, shortcode: string, now: Date): Promise<void> {
  const subject = `${shortcode}:before the first balance`;
  const at = instantSql(now);
  const [watch] = await readRows(
    tx,
    Opening,
    sql`
    select w.opening_cents - learnt_since_2(w.shortcode, w.opened_at) as opening_cents, w.opened_at from float_watches w
    where w.shortcode = ${shortcode} and w.opened_at > ${at} - make_interval(days => ${TOLD_FOR_DAYS}) and (
      exists (select from float_entries e where e.shortcode = w.shortcode and e.kind = 'top_up' and e.state = 'booked' and e.occurred_at <= w.opened_at)
      or exists (select from float_entry_parts p join float_entries e on e.id = p.entry_id where p.shortcode = w.shortcode and p.occurred_at <= w.opened_at and e.kind = 'top_up'))`,
  );
  if (!watch) return;
  if (watch.openingCents >= 0n) {
    await tx.execute(closeTasksSql({ kinds: ['balance_unexplained'], subjects: [subject], closedAt: now, note: 'It is booked back.' }));
    return;
  }
  const words = sayOpening({ shortcode, ...watch });
  await rewordTask(tx, { kind: 'balance_unexplained', subject, words });
  const [told] = (
    await tx.execute(
      sql`select from reviews where kind = 'balance_unexplained' and subject = ${subject} and (closed_at is null or closed_by <> 'malipo')`,
    )
  ).rows;
  if (!told) await openTask(tx, { kind: 'balance_unexplained', subject, openedAt: now, words });
}

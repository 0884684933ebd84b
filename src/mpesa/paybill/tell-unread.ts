import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '#ground/db/rows.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import type { App } from '../wiring/app.ts';

const MOST_NAMED = 20;

/** A row of a list that could not be read or settled, with its receipt if known. */
export type Unread = { transactionId?: string };

/**
 * Opens a task for rows of a pull that could not be read or settled and are not in the books, and for a list that repeats itself. What the
 * task is about is stored, so that it closes by itself. Safe to repeat.
 */
export async function tellUnread(
  { db, clock, log }: Pick<App, 'db' | 'clock' | 'log'>,
  shortcode: string,
  { rows, repeats, from, to }: { rows: Unread[]; repeats: boolean; from: Date; to: Date },
): Promise<void> {
  const receipts = [...new Set(rows.flatMap(({ transactionId }) => transactionId?.toUpperCase() ?? []))];
  const nameless = rows.filter(({ transactionId }) => transactionId === undefined).length;
  const open = await notInBooks(db, receipts);
  const count = open.length + nameless;
  if (count === 0 && !repeats) return;
  log.warn('pull_rows_unreadable', { shortcode, receipts: open.slice(0, MOST_NAMED), count, repeats });
  const named = open.length > 0 ? ` Receipts: ${open.slice(0, MOST_NAMED).join(', ')}${open.length > MOST_NAMED ? ' and more' : ''}.` : '';
  const words = [
    ...(count > 0 ? [`Safaricom lists ${count} payments to ${shortcode} that cannot be read or booked.${named}`] : []),
    ...(repeats ? [`Safaricom's list of payments to ${shortcode} repeats itself: what follows was not read.`] : []),
    'Look them up on the M-PESA statement and import it.',
  ].join(' ');
  const hidden = nameless > 0 || repeats ? [from.toISOString(), to.toISOString()] : [null, null];
  await db.query('select keep_unread_1($1::text, $2::text[], $3::timestamptz, $4::timestamptz, $5::timestamptz)', [
    ...[shortcode, open, ...hidden, clock.now().toISOString()],
  ]);
  await openTask(db, { kind: 'pull_unreadable', subject: shortcode, openedAt: clock.now(), words });
}

/**
 * Closes the task once each receipt that it is about was read since or is in the books, and the time that may hide rows without a receipt was read again without any
 * (`from`: since then) or is covered by statements. Safe to repeat.
 */
export async function closeUnread(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  shortcode: string,
  { read, from }: { read: string[]; from: Date | undefined },
): Promise<void> {
  const params = [shortcode, read, from?.toISOString() ?? null, clock.now().toISOString()];
  await db.query('select close_unread_1($1::text, $2::text[], $3::timestamptz, $4::timestamptz)', params);
}

async function notInBooks(db: App['db'], receipts: string[]): Promise<string[]> {
  if (receipts.length === 0) return [];
  const statement = sql`select receipt from unnest(${sql.param(receipts)}::text[]) receipt where not is_in_books_1(receipt)`;
  return (await readRows(db, z.object({ receipt: z.string() }), statement)).map(({ receipt }) => receipt);
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import type { PulledRows } from '../daraja/parse-pull.ts';
import { readRows } from '../db/rows.ts';
import { openReview } from '../reviews/open-review.ts';

const MOST_NAMED = 20;

/** Opens a task for rows of a pull that cannot be read, and whose receipts nothing else has proved: each is a payment that nobody has booked. Safe to repeat. */
export async function tellUnreadable(
  { db, clock, log }: Pick<App, 'db' | 'clock' | 'log'>,
  shortcode: string,
  rows: PulledRows['unreadable'],
): Promise<void> {
  const receipts = [...new Set(rows.flatMap(({ transactionId }) => transactionId?.toUpperCase() ?? []))];
  const nameless = rows.filter(({ transactionId }) => transactionId === undefined).length;
  const proved = await provedOf(db, receipts);
  const open = receipts.filter((receipt) => !proved.includes(receipt));
  if (open.length + nameless === 0) return;
  log.warn('pull_rows_unreadable', { shortcode, receipts: open.slice(0, MOST_NAMED), count: open.length + nameless });
  const named = open.length > 0 ? ` Receipts: ${open.slice(0, MOST_NAMED).join(', ')}${open.length > MOST_NAMED ? ' and more' : ''}.` : '';
  const words = `Safaricom lists ${open.length + nameless} payments to ${shortcode} that cannot be read.${named} Look them up on the M-PESA statement and import it.`;
  await openReview(db, { kind: 'pull_unreadable', subject: shortcode, openedAt: clock.now(), words });
}

async function provedOf(db: App['db'], receipts: string[]): Promise<string[]> {
  if (receipts.length === 0) return [];
  const statement = sql`select receipt from deposits where receipt = any(${sql.param(receipts)}::text[]) and receipt_proved_at is not null`;
  return (await readRows(db, z.object({ receipt: z.string() }), statement)).map(({ receipt }) => receipt);
}

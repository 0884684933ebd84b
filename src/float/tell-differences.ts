import { sql } from 'drizzle-orm';
import { newId } from '../db/columns.ts';
import type { Tx } from '../db/types.ts';
import { shillings } from '../money/cents.ts';
import { closeReviewSql } from '../reviews/close-review.ts';
import { openReview } from '../reviews/open-review.ts';

const KIND = 'balance_unexplained';

/** Opens the short code's task for what was found, or adds it to the one that is open, with an alert of its own; closes it when nothing is left open. */
export async function tellDifferences(tx: Tx, shortcode: string, found: string[], now: Date): Promise<void> {
  for (const words of found) {
    const [task] = (await tx.execute(sql`select id from reviews where kind = ${KIND} and subject = ${shortcode} and closed_at is null`))
      .rows;
    if (!task) await openReview(tx, { kind: KIND, subject: shortcode, openedAt: now, words });
    else
      await tx.execute(sql`
        insert into outbox (id, dedupe_key, message, due_at)
        values (${newId()}::uuid, 'alert:' || ${newId()}::text, jsonb_build_object('kind', 'alert', 'reviewId', ${task.id}::uuid, 'words', ${words}::text), ${now.toISOString()}::timestamptz)`);
  }
  await tx.execute(
    closeReviewSql({
      kind: sql`${KIND}`,
      subject: sql`${shortcode}::text`,
      closedAt: now,
      note: 'What was open is explained.',
      when: sql`not exists (select from float_differences where shortcode = ${shortcode} and explained_at is null and accepted_at is null)`,
    }),
  );
}

/** What a treasurer is told of a difference: how much, since when, and what to do. */
export function sayDifference(found: { shortcode: string; amountCents: bigint; sinceAt: Date; firstAt: Date }): string {
  const { shortcode, amountCents, sinceAt, firstAt } = found;
  const more = amountCents > 0n;
  const amount = `KES ${shillings(more ? amountCents : -amountCents).toLocaleString('en-KE')}`;
  const since = `between ${inNairobi(sinceAt)} and ${inNairobi(firstAt)}`;
  return more
    ? `Safaricom has ${amount} more on ${shortcode} than the books, since ${since}. Look at the M-PESA statement of that time. A top-up from the bank: enter it (POST /api/float-entries) and have a second person book it. A customer's payment that nobody told us: the pull or the statement books it.`
    : `Safaricom has ${amount} less on ${shortcode} than the books, since ${since}. Look at the M-PESA statement of that time. A transfer to the bank or a charge: enter it (POST /api/float-entries) and have a second person book it. A payment that is not on the statement was made up: take it back. Anything else left without you: stop payouts, change the portal's passwords and call Safaricom.`;
}

const inNairobi = (at: Date): string =>
  at.toLocaleString('en-KE', {
    timeZone: 'Africa/Nairobi',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  });

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { newId } from '#ground/db/columns.ts';
import { pick } from '#ground/db/pick.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { kes } from '#ground/money/cents.ts';
import { enqueue } from '#ground/outbox/enqueue.ts';
import { closeTasksSql, rewordTask } from '#ground/tasks/close-tasks.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { floatDifferences } from '../float.schema.ts';
import { magnitude } from './judge-rest.ts';

const KIND = 'balance_unexplained';

const OPEN = pick(floatDifferences, 'd', ['amountCents', 'sinceAt', 'firstAt']);

/** Opens the short code's task for the differences found, or adds to the open task with an alert for each. The task lists what is still unexplained, and closes when nothing is. */
export async function tellDifferences(tx: Tx, shortcode: string, found: string[], now: Date): Promise<void> {
  for (const words of found) {
    const [task] = await readRows(
      tx,
      z.object({ id: z.uuid() }),
      sql`select id from reviews where kind = ${KIND} and subject = ${shortcode} and closed_at is null`,
    );
    if (!task) await openTask(tx, { kind: KIND, subject: shortcode, openedAt: now, words });
    else await enqueue(tx, `alert:${newId()}`, { kind: 'alert', reviewId: task.id, words }, now);
  }
  const left = await readRows(
    tx,
    OPEN.row,
    sql`
    select ${OPEN.list} from float_differences d
    where d.shortcode = ${shortcode} and d.explained_at is null and d.accepted_at is null order by d.first_at, d.id`,
  );
  const words = left.map((difference) => sayDifference({ shortcode, ...difference })).join('\n');
  if (words !== '') await rewordTask(tx, { kind: KIND, subject: shortcode, words });
  await tx.execute(
    closeTasksSql({
      kinds: [KIND],
      subjects: [shortcode],
      closedAt: now,
      note: 'What was open is explained.',
      when: sql`${left.length}::int = 0`,
    }),
  );
}

/** The words for a treasurer about a difference: how much, since when, and what to do. */
export function sayDifference(found: { shortcode: string; amountCents: bigint; sinceAt: Date; firstAt: Date }): string {
  const { shortcode, amountCents, sinceAt, firstAt } = found;
  const more = amountCents > 0n;
  const amount = kes(magnitude(amountCents));
  const when = `between ${inNairobi(sinceAt)} and ${inNairobi(firstAt)}`;
  return more
    ? `Safaricom has ${amount} more on ${shortcode} than the books. It came up ${when}. Look at the M-PESA statement of that time. A top-up from the bank: enter it (POST /api/float-entries) and have a second person book it. A customer's payment that we were not notified of: the pull or the statement books it. A sweep or a charge that was entered, and never happened or was smaller: enter a top-up of the difference.`
    : `Safaricom has ${amount} less on ${shortcode} than the books. It came up ${when}. Look at the M-PESA statement of that time. A transfer to the bank or a charge: enter it (POST /api/float-entries) and have a second person book it. What somebody paid in the portal by hand: have the statement signed, and enter it as paid_out. A payment that is not on the statement was made up: take it back. A top-up that was entered, and was a customer's payment or never came: enter a sweep of it. Anything else left without you: stop payouts, change the portal's passwords and call Safaricom.`;
}

/** The words for a treasurer about the money from before the first balance, whether there was more than the books had or less. */
export function sayOpening({ shortcode, openingCents, openedAt }: { shortcode: string; openingCents: bigint; openedAt: Date }): string {
  const [amount, at] = [kes(magnitude(openingCents)), inNairobi(openedAt)];
  return openingCents > 0n
    ? `Of Safaricom's first balance of ${shortcode}, of ${at}, the books lack ${amount}: capital that was there before. Enter it as top_up (POST /api/float-entries), in one or in parts; then it can leave.`
    : `For the time before Safaricom's first balance of ${shortcode}, of ${at}, the books have ${amount} more than it had. M-PESA's charges of before, or a transfer to the bank that nobody has entered: enter a charge or a sweep of it (POST /api/float-entries), of that day or earlier. A top-up that was entered as capital and proved to be a payment since: enter a sweep of it. Told money counts as well: a payment that only a notice has reported and that is not on the M-PESA statement was made up: take it back.`;
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

import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';
import { reviveSql } from '#ground/outbox/dead-letters.ts';
import { readNoticeAgain } from '#mpesa/paybill/retry-notices.ts';
import { allocateAgainSql } from '#mpesa/payments/given-up.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { endLetter, quarantinedSql } from './end-letter.ts';
import { findLetter } from './find-letter.ts';

/** Which letter. */
export const RetryLetterInput = z.strictObject({ id: z.uuid() });

const UNREAD = 'It still cannot be read, or is about a short code that is none of ours: correct the cause first, or discard it.';
const ASKED = 'It still cannot be read. Safaricom is asked about its receipt: what that proves is booked. Retry it then.';

/**
 * Retries what was given up, once, and closes its task. A message is delivered within a minute with eight new tries, money allocated with
 * three: what fails again is a dead letter again. It keeps its id and its key, so nothing is said or paid twice. A notice is read at once;
 * one that cannot be read stays as it is. Throws `letter_not_found`, `letter_not_dead`, `letter_unreadable`.
 */
export async function retryLetter(app: App, { id }: z.output<typeof RetryLetterInput>, call: Call) {
  const now = app.clock.now();
  const letter = await findLetter(app.db, id);
  const { kind } = letter;
  const retried = { letter, action: 'dead_letter_retried', call, now } as const;
  if (kind !== 'notice') {
    const done = kind === 'message' ? reviveSql(id, now) : allocateAgainSql(id, now);
    await endLetter(app.db, { ...retried, done, note: 'Retried.' });
    return { letterId: id, kind, state: 'queued' as const };
  }
  const outcome = await readNoticeAgain(app, id);
  if (outcome === 'unread' || outcome === 'asked') throw new AppError('letter_unreadable', outcome === 'asked' ? ASKED : UNREAD);
  const note = outcome === 'settled' ? 'Read again.' : 'Its receipt is booked.';
  await endLetter(app.db, { ...retried, done: quarantinedSql(id), note });
  return { letterId: id, kind, state: 'booked' as const };
}

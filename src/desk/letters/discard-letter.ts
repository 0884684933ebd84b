import * as z from 'zod';
import { Reason } from '#ground/audit/reason.ts';
import type { Call } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';
import { discardSql } from '#ground/outbox/dead-letters.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { endLetter, quarantinedSql } from './end-letter.ts';
import { findLetter, whyItStays } from './find-letter.ts';

/** Which letter, and why. */
export const DiscardLetterInput = z.strictObject({ id: z.uuid(), reason: Reason });

/**
 * Discards what was given up, once: it is never delivered or read again, and its task is closed with the reason. Throws `letter_must_stay`
 * for what books money or sends it and for a notice that can be read by now, and `letter_not_found`, `letter_not_dead`.
 */
export async function discardLetter(app: App, { id, reason }: z.output<typeof DiscardLetterInput>, call: Call) {
  const now = app.clock.now();
  const letter = await findLetter(app.db, id);
  const why = whyItStays(app, letter);
  if (why) throw new AppError('letter_must_stay', why);
  const done = letter.kind === 'message' ? discardSql(id, now) : quarantinedSql(id);
  await endLetter(app.db, { letter, done, action: 'dead_letter_discarded', note: `Discarded: ${reason}`, reason, call, now });
  return { letterId: id, kind: letter.kind, state: 'discarded' as const };
}

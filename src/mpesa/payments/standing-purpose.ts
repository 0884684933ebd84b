import { findStanding, type StandingKind } from '#ground/references/find-standing.ts';
import type { Destination, Purpose } from '../wiring/purpose.ts';
import { quoteStanding } from './quote-standing.ts';

/**
 * A payment to a standing reference, which is its `subject`: the payer chooses the amount, and all of it goes to the reference's
 * destination.
 */
export const standingPurpose = (kind: StandingKind, destination: Destination): Purpose => ({
  quote: (input) => quoteStanding(input, kind),
  takesEverything: true,
  async allocate(tx, { sourceId, depositId, subject, amountCents, settledAt }, now) {
    const standing = subject === null ? undefined : await findStanding(tx, subject, kind);
    if (!standing) throw new Error('Something was paid for that is not there.');
    await destination(tx, { sourceId, depositId, subjectId: standing.subjectId, amountCents, settledAt }, now);
  },
});

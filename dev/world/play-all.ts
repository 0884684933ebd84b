import { type BookingResult, playBooking } from './play-booking.ts';
import { type EvidenceResult, playEvidence } from './play-evidence.ts';
import { type LoanResult, playLoan } from './play-loan.ts';
import { type PaybillResult, playPaybill } from './play-paybill.ts';
import { type PayoutResult, playPayout } from './play-payout.ts';
import { playRefund, type RefundResult } from './play-refund.ts';
import { playStory, type StoryResult } from './play-story.ts';
import { withDatabase } from './prepare-database.ts';
import { type Stage, signInStaff } from './stage.ts';
import type { LocalWorld } from './start-world.ts';

/** What all stories prove, as the demo prints it in its last line. */
export type AllResults = {
  checkout: StoryResult;
  paybill: PaybillResult;
  payout: PayoutResult;
  refund: RefundResult;
  booking: BookingResult;
  evidence: EvidenceResult;
  loan: LoanResult;
  ledgerBalanced: true;
};

/** The checkout, and then every other way that money moves, over HTTP; after each the books are compared. Throws with the step that went wrong. */
export async function playAll(world: LocalWorld, tell: (text: string) => void): Promise<AllResults> {
  const checkout = await playStory(world, tell);
  return withDatabase(world.databaseUrl, async (db) => {
    const [treasurer, administrator] = await Promise.all([signInStaff(world, 'treasurer'), signInStaff(world, 'admin')]);
    tell('A treasurer and an administrator sign in, each with a code that came by SMS.');
    const stage: Stage = { world, db, tell, treasurer, administrator };
    const paybill = await playPaybill(stage);
    const payout = await playPayout(stage);
    const refund = await playRefund(stage, checkout.paymentId);
    const booking = await playBooking(stage);
    const evidence = await playEvidence(stage);
    const loan = await playLoan(stage); // weeks pass in it, and sessions end
    return { checkout, paybill, payout, refund, booking, evidence, loan, ledgerBalanced: true };
  });
}

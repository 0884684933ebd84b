import * as z from 'zod';
import { becomes, expectBooks, payByPrompt, readTruth, type Stage, say } from './stage.ts';
import { ask, FUNCTION_PAUSE_MS, step } from './take-steps.ts';

/** What the story of the booking proves; `timesRefunded` is what M-PESA says. */
export type BookingResult = { bookingId: string; amount: number; state: string; timesRefunded: number };

const PARENT = { phone: '254798000333', written: '0798 000 333' };
const Created = z.object({ bookingId: z.uuid(), reference: z.string(), amount: z.number() });
const Resolved = z.object({ payout: z.object({ payoutId: z.uuid() }) });
const Refund = z.object({ refund: z.object({ amount: z.number(), state: z.string() }).nullable() });

/** A parent books a tutor and pays; the fee is held, nobody is found, and it goes back. */
export async function playBooking(stage: Stage): Promise<BookingResult> {
  const { world, tell, treasurer, administrator } = stage;
  const { shopUrl } = world;
  const wanted = { sku: 'match', phoneNumber: PARENT.written, name: 'Amina Hassan' };
  const { bookingId, reference, amount } = await step('booking', () => ask(Created, `${shopUrl}/api/bookings`, wanted));
  await payByPrompt(stage, { bookingId, phoneNumber: PARENT.written }, { pin: '1234' });
  const url = `${shopUrl}/api/bookings/${bookingId}`;
  await becomes(url, { state: 'matching' });
  tell(`Amina books a tutor (${reference}) and pays KES ${say(amount)}: it is held, and is nobody's income yet.`);
  await expectBooks(stage);

  const { payout } = await step('refunding it', () => ask(Resolved, `${url}/resolve`, { action: 'refund' }, administrator));
  await step('approving it', () => ask(z.unknown(), `${shopUrl}/api/payouts/${payout.payoutId}/decision`, {}, treasurer));
  tell('No tutor is found: the administrator decides that she gets it back, and the treasurer approves.');
  const isRefunded = async () => ((await ask(Refund, url)).refund?.state === 'paid' ? true : undefined);
  await step('waiting for the refund', isRefunded, FUNCTION_PAUSE_MS);
  await becomes(url, { state: 'refunded' });
  await expectBooks(stage);
  const sent = (await readTruth(stage)).transactions.filter(({ kind, phone }) => kind === 'b2c' && phone === PARENT.phone);
  if (sent.length !== 1 || sent[0]?.amountShillings !== amount)
    throw new Error(`The fee did not go back exactly once: ${JSON.stringify(sent)}`);
  tell(`Refunded: Amina has her KES ${say(amount)} again, sent once.`);
  return { bookingId, amount, state: 'refunded', timesRefunded: sent.length };
}

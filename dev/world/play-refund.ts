import * as z from 'zod';
import { becomes, expectBooks, type Stage, say } from './stage.ts';
import { ask, step } from './take-steps.ts';

/** What the story of the refund proves. */
export type RefundResult = { paymentId: string; method: string; amount: number; status: string; creditNote: string };

const Requested = z.object({ payoutId: z.uuid(), method: z.string(), amount: z.number() });
const Mails = z.array(z.object({ subject: z.string() }));

/** The first customer brings the goods back: the payment is reversed at M-PESA, and a credit note goes out. */
export async function playRefund(stage: Stage, paymentId: string): Promise<RefundResult> {
  const { world, tell, treasurer, administrator } = stage;
  const { shopUrl, inboxUrl } = world;
  const wanted = { paymentId, reason: 'The beans were returned' };
  const { payoutId, method, amount } = await step('asking for a refund', () => ask(Requested, `${shopUrl}/api/refunds`, wanted, treasurer));
  tell(`The treasurer asks to give back KES ${say(amount)} by ${method}; the administrator approves it.`);
  await step('approving it', () => ask(z.unknown(), `${shopUrl}/api/payouts/${payoutId}/decision`, {}, administrator));
  await becomes(`${shopUrl}/api/payments/${paymentId}`, { status: 'reversed' });
  tell('M-PESA has taken the payment back.');
  const creditNote = await step('waiting for the credit note', async () => {
    const mails = await ask(Mails, `${inboxUrl}/messages`);
    return mails.flatMap(({ subject }) => /CRN-\d{4}-\d{6}/.exec(subject)?.[0] ?? [])[0];
  });
  tell(`Credit note mailed: ${creditNote}.`);
  await expectBooks(stage);
  return { paymentId, method, amount, status: 'reversed', creditNote };
}

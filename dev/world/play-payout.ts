import * as z from 'zod';
import { expectBooks, payByPrompt, readTruth, type Stage, say } from './stage.ts';
import { ask, askInVain, FUNCTION_PAUSE_MS, step } from './take-steps.ts';

/** What the story of the payout proves; `timesPaid` is what M-PESA says. */
export type PayoutResult = { payoutId: string; amount: number; state: string; selfApproval: string; timesPaid: number; receipt: string };

const AMOUNT = 12_000;
const SUPPLIER = { phone: '254745000222', written: '0745 000 222' };
const LATE_MS = 4_000;

const Requested = z.object({ payoutId: z.uuid(), reference: z.string() });
const Part = z.object({ state: z.string(), receipt: z.string().nullable() });
const Payout = z.object({ payoutId: z.uuid(), state: z.string(), parts: z.array(Part) });

/** The treasurer asks for a payout, the administrator approves it, M-PESA's queue times out, and the supplier is paid once. */
export async function playPayout(stage: Stage): Promise<PayoutResult> {
  const { world, tell, treasurer, administrator } = stage;
  const { shopUrl, simulatorUrl } = world;
  const { amount } = await payByPrompt(stage, { phoneNumber: '0711 222 333', items: [{ sku: 'coffee', quantity: 20 }] }, { pin: '1234' });
  tell(`A café buys twenty bags by prompt: KES ${say(amount)}.`);

  const wanted = { phoneNumber: SUPPLIER.written, amount: AMOUNT, reason: 'Coffee from Nyeri' };
  const { payoutId, reference } = await step('asking for a payout', () => ask(Requested, `${shopUrl}/api/payouts`, wanted, treasurer));
  const decision = `${shopUrl}/api/payouts/${payoutId}/decision`;
  const selfApproval = await step('approving it oneself', () => askInVain(decision, {}, treasurer));
  tell(`The treasurer asks for KES ${say(AMOUNT)} to a supplier (${reference}), and may not approve it themselves: ${selfApproval}.`);
  const plan = { api: 'b2c', next: 1, timedOut: true, delayMs: 500, lateMs: LATE_MS, copies: 2 };
  await step('planning a time-out', () => ask(z.unknown(), `${simulatorUrl}/simulator/plan`, plan));
  await step('approving it', () => ask(z.unknown(), decision, {}, administrator));
  tell("The administrator approves it. M-PESA's queue will time out, and pay all the same.");

  const seen = (what: string, isSo: (payout: z.output<typeof Payout>) => boolean) => {
    const look = async () => {
      const { payouts } = await ask(z.object({ payouts: z.array(Payout) }), `${shopUrl}/api/payouts`, undefined, treasurer);
      return payouts.find((payout) => payout.payoutId === payoutId && isSo(payout));
    };
    return step(what, look, FUNCTION_PAUSE_MS);
  };
  await seen('waiting for the time-out', ({ parts }) => parts[0]?.state === 'unknown');
  tell('The queue timed out: nobody knows yet, so the money stays reserved and nothing is sent again.');
  const paid = await seen('waiting for the result', ({ state }) => state === 'paid');
  await expectBooks(stage);
  const sent = (await readTruth(stage)).transactions.filter(({ kind, phone }) => kind === 'b2c' && phone === SUPPLIER.phone);
  const receipt = paid.parts[0]?.receipt ?? '';
  if (sent.length !== 1 || sent[0]?.receipt !== receipt || sent[0].amountShillings !== AMOUNT)
    throw new Error(`The supplier was not paid exactly once: ${JSON.stringify({ paid, sent })}`);
  tell(`Paid once, with the M-PESA code ${receipt}, though the result came twice.`);
  return { payoutId, amount: AMOUNT, state: paid.state, selfApproval, timesPaid: sent.length, receipt };
}

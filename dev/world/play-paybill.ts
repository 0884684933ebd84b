import * as z from 'zod';
import { becomes, expectBooks, payAtPaybill, payByPrompt, type Stage, say } from './stage.ts';
import { ask, FUNCTION_PAUSE_MS, step } from './take-steps.ts';

/** What the story of the paybill proves. */
export type PaybillResult = { paymentId: string; typedReference: string; suggestedReference: string; status: string; receipt: string };

const PHONE = '0733 000 111';
const Suggestion = z.object({ paymentId: z.uuid(), reference: z.string(), reasons: z.array(z.string()) });
const Deposit = z.object({ depositId: z.uuid(), typedReference: z.string(), receipt: z.string(), suggestions: z.array(Suggestion) });
const Matched = z.object({ left: z.number() });

/** A customer cancels the prompt, pays at the paybill instead and mistypes the reference; a treasurer finds out which payment is meant. */
export async function playPaybill(stage: Stage): Promise<PaybillResult> {
  const { world, tell, treasurer } = stage;
  const { shopUrl } = world;
  const body = { phoneNumber: PHONE, name: 'Achieng Odhiambo', email: 'achieng@example.com', items: [{ sku: 'tea' }, { sku: 'honey' }] };
  const { paymentId, reference, amount } = await payByPrompt(stage, body, { outcome: 'cancelled' });
  const account = mistype(reference);
  tell(`Achieng cancels the prompt for ${reference}, and pays KES ${say(amount)} at the paybill: she types ${account}.`);
  await payAtPaybill(stage, PHONE, amount, account);

  const findDeposit = async () => {
    const { deposits } = await ask(z.object({ deposits: z.array(Deposit) }), `${shopUrl}/api/deposits`, undefined, treasurer);
    return deposits.find(({ typedReference }) => typedReference === account);
  };
  const deposit = await step('finding the money in suspense', findDeposit, FUNCTION_PAUSE_MS);
  const [suggestion] = deposit.suggestions;
  if (suggestion?.paymentId !== paymentId) throw new Error(`The payment is not suggested first: ${JSON.stringify(deposit)}`);
  tell(`The treasurer finds ${deposit.receipt} in suspense, and the suggestion ${reference} (same ${suggestion.reasons.join(', ')}).`);
  const url = `${shopUrl}/api/deposits/${deposit.depositId}/match`;
  const { left } = await step('matching it', () => ask(Matched, url, { paymentId }, treasurer));
  if (left !== 0) throw new Error(`KES ${left} are left in suspense.`);
  await becomes(`${shopUrl}/api/payments/${paymentId}`, { status: 'paid' });
  tell(`Matched: ${reference} is paid.`);
  await expectBooks(stage);
  return { paymentId, typedReference: account, suggestedReference: suggestion.reference, status: 'paid', receipt: deposit.receipt };
}

/** The reference with one character wrong, as the check character shows. */
function mistype(reference: string): string {
  const at = reference.length - 3;
  return reference.slice(0, at) + (reference[at] === '7' ? '9' : '7') + reference.slice(at + 1);
}

import { settleC2bPayment } from './c2b-payment.ts';
import { processConversation } from './conversations.ts';
import { tell } from './deliver.ts';
import type { Network } from './network.ts';
import { carryOutPlan, settlePrompt } from './prompts.ts';
import type { Step } from './state.ts';

/** The kind of message of a step that an earlier version promised without it. */
const tellingOf = (about: string) =>
  about.startsWith('confirmation') ? 'confirmation' : about.startsWith('queue') ? 'time-out' : ('result' as const);

/** Carries out a promised step. */
export async function runStep(network: Network, step: Step): Promise<void> {
  if (step.kind === 'post') return tell(network, step.telling ?? tellingOf(step.about), step.about, step.url, step.body);
  if (step.kind === 'pay-bill') return void (await settleC2bPayment(network, step.payment));
  if (step.kind === 'process') {
    const conversation = network.state.conversations[step.conversationId];
    return conversation && processConversation(network, conversation);
  }
  const prompt = network.state.prompts[step.checkoutRequestId];
  if (!prompt) return;
  if (step.kind === 'answer') return carryOutPlan(network, prompt);
  if (step.kind === 'late-answer') return settlePrompt(network, prompt, prompt.plan?.outcome ?? 'paid');
  if (step.kind === 'time-out') return settlePrompt(network, prompt, 'no-answer');
  return tell(network, 'callback', `callback of ${step.checkoutRequestId}`, prompt.callbackUrl, step.body);
}

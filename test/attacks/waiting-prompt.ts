import { callbackBody, latestAttempt, newPhone } from '../world/checkout.ts';
import type { World } from '../world/world.ts';

type Prompt = ReturnType<World['simulator']['control']['prompts']>[number];

/** A prompt that a customer has on their phone, where its callback goes, and the body that makes it paid. */
export type WaitingPrompt = { paymentId: string; attemptId: string; path: string; prompt: Prompt; receipt: string; paidBody: string };

let made = 0;

/** Has somebody new prompted, from an address of their own. */
export async function waitingPrompt(world: World, body: Record<string, unknown> = {}): Promise<WaitingPrompt> {
  made += 1;
  const response = await world.send('POST', '/api/payments/stk-push', {
    body: { phoneNumber: newPhone(), items: [{ sku: 'coffee' }], ...body },
    ip: `198.18.${made >> 8}.${made & 255}`,
  });
  const { paymentId, reference } = (await response.json()) as { paymentId: string; reference: string };
  const prompt = world.simulator.control.prompts().find(({ accountReference }) => accountReference === reference);
  if (!prompt) throw new Error(`Nobody was prompted: HTTP ${response.status}.`);
  const { id, path } = await latestAttempt(world, paymentId);
  const receipt = `UKM${String(made).padStart(7, '0')}`;
  return { paymentId, attemptId: id, path, prompt, receipt, paidBody: callbackBody(prompt, { receipt }) };
}

import { outletOf } from './accounts.ts';
import { dropAnswers, promiseStep } from './agenda.ts';
import { confirmPrompt } from './c2b-confirmation.ts';
import { callbackBody, editBody } from './callback-body.ts';
import { tell } from './deliver.ts';
import { createCheckoutRequestId, createRequestId } from './identifiers.ts';
import { moveMoney } from './move-money.ts';
import type { Network } from './network.ts';
import { note } from './network.ts';
import type { OutcomeName } from './outcomes.ts';
import { Plan } from './plan.ts';
import { planForFaultyPrompt } from './prompt-fault.ts';
import type { Prompt } from './state.ts';
import { decideOutcome, tellCustomer } from './wallets.ts';

/** A request as the merchant made it, with all fields checked. */
export type PromptRequest = Pick<
  Prompt,
  'phone' | 'amountShillings' | 'accountReference' | 'description' | 'transactionType' | 'partyB' | 'callbackUrl'
>;

const NOBODY_ANSWERS: ReadonlySet<OutcomeName> = new Set(['no-answer', 'unreachable', 'expired', 'no-acknowledgement']);

/** The open prompt of this phone, if there is one: a phone has one at a time. */
export const findOpenPrompt = (network: Network, phone: string): Prompt | undefined =>
  Object.values(network.state.prompts).findLast((prompt) => prompt.phone === phone && prompt.state === 'open');

/** Opens a prompt on a phone and promises what the plan says, or the time-out where a person decides. */
export function openPrompt(network: Network, request: PromptRequest, plan: Plan | null): Prompt {
  const { state, clock, delays } = network;
  const now = clock.now();
  const checkoutRequestId = createCheckoutRequestId(now, request.phone, (id) => id in state.prompts);
  state.promptsAccepted += 1;
  const prompt: Prompt = {
    ...request,
    number: state.promptsAccepted,
    checkoutRequestId,
    merchantRequestId: createRequestId(state),
    requestedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + delays.promptTimeoutMs).toISOString(),
    state: 'open',
    outcome: null,
    settledAt: null,
    receipt: null,
    plan: planForFaultyPrompt(network, request) ?? plan,
  };
  state.prompts[checkoutRequestId] = prompt;
  note(network, `Prompt ${checkoutRequestId} opened: KES ${prompt.amountShillings} from ${prompt.phone} for ${prompt.accountReference}.`);
  if (prompt.plan) promiseStep(network, answerDelayMs(network, prompt.plan), { kind: 'answer', checkoutRequestId });
  else promiseStep(network, delays.promptTimeoutMs, { kind: 'time-out', checkoutRequestId });
  return prompt;
}

/** Takes a person's or a test's answer to a prompt that is not closed yet, in place of what was planned. */
export async function answerPrompt(network: Network, prompt: Prompt, plan: Plan): Promise<void> {
  dropAnswers(network, prompt.checkoutRequestId);
  prompt.plan = plan;
  if (plan.delayMs === undefined) await carryOutPlan(network, prompt);
  else promiseStep(network, plan.delayMs, { kind: 'answer', checkoutRequestId: prompt.checkoutRequestId });
}

/** Does now what the prompt's plan says. With `callbackFirst` it resolves after the callbacks were delivered. */
export async function carryOutPlan(network: Network, prompt: Prompt): Promise<void> {
  const plan = prompt.plan;
  if (prompt.state === 'closed' || !plan) return;
  dropAnswers(network, prompt.checkoutRequestId);
  if (plan.lateMs === undefined) return settlePrompt(network, prompt, plan.outcome);
  prompt.state = 'doubtful';
  note(network, `Prompt ${prompt.checkoutRequestId} looks unreachable; the real outcome comes later.`);
  promiseStep(network, plan.lateMs, { kind: 'late-answer', checkoutRequestId: prompt.checkoutRequestId });
  if (plan.failedFirst) await sendCallbacks(network, prompt, callbackBody(network, prompt, 'unreachable'));
}

/** Ends the prompt. Money moves here and nowhere else; the callbacks follow. */
export async function settlePrompt(network: Network, prompt: Prompt, wanted: OutcomeName): Promise<void> {
  if (prompt.state === 'closed') return;
  const outcome = decideOutcome(network, prompt, wanted);
  prompt.state = 'closed';
  prompt.outcome = outcome;
  prompt.settledAt = network.clock.now().toISOString();
  if (outcome === 'paid') takePayment(network, prompt);
  tellCustomer(network, prompt);
  network.save();
  note(network, `Prompt ${prompt.checkoutRequestId} ended: ${outcome}${prompt.receipt ? `, receipt ${prompt.receipt}` : ''}.`);
  await tellMerchant(network, prompt);
}

/** Sends the callbacks and, for a paid prompt, the C2B notice, in the order that the plan says. */
async function tellMerchant(network: Network, prompt: Prompt): Promise<void> {
  const plan = prompt.plan ?? Plan.parse({});
  const { notice, noticeGapMs, copies, spreadMs, callbackFirst, callbackMs = network.delays.callbackMs } = plan;
  if (notice === 'before') await confirmPrompt(network, prompt, callbackFirst ? 'now' : callbackMs);
  await sendCallbacks(network, prompt, callbackBody(network, prompt), notice === 'before' ? noticeGapMs : 0);
  if (notice === 'before' || notice === 'none') return;
  const lastCallbackMs = callbackFirst ? 0 : callbackMs + (copies - 1) * spreadMs;
  await confirmPrompt(network, prompt, notice === 'after' ? lastCallbackMs + noticeGapMs : undefined);
}

function takePayment(network: Network, prompt: Prompt): void {
  const { phone, amountShillings, accountReference, checkoutRequestId, merchantRequestId } = prompt;
  const till = prompt.transactionType === 'CustomerBuyGoodsOnline' ? prompt.partyB : null;
  const shortcode = outletOf(network, till ?? network.merchant.shortcode);
  const request = { checkoutRequestId, originatorConversationId: merchantRequestId };
  prompt.receipt = moveMoney(network, { kind: 'stk', phone, amountShillings, shortcode, till, accountReference, ...request }).receipt;
}

async function sendCallbacks(network: Network, prompt: Prompt, body: string, laterMs = 0): Promise<void> {
  const { lost, callbackFirst, copies, spreadMs, bodyEdits, callbackMs = network.delays.callbackMs } = prompt.plan ?? Plan.parse({});
  const { checkoutRequestId, callbackUrl } = prompt;
  if (lost) return note(network, `The callback of ${checkoutRequestId} is lost, as planned.`);
  const text = editBody(network, body, bodyEdits);
  for (let copy = 0; copy < copies; copy += 1) {
    if (callbackFirst) await tell(network, 'callback', `callback of ${checkoutRequestId}`, callbackUrl, text);
    else promiseStep(network, laterMs + callbackMs + copy * spreadMs, { kind: 'deliver', checkoutRequestId, body: text });
  }
}

function answerDelayMs({ delays }: Network, plan: Plan): number {
  return plan.delayMs ?? (NOBODY_ANSWERS.has(plan.outcome) ? delays.promptTimeoutMs : delays.answerMs);
}

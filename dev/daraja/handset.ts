import { promptText } from './customer-messages.ts';
import type { Network } from './network.ts';
import type { OutcomeName } from './outcomes.ts';
import { findOpenPrompt } from './prompts.ts';
import type { Prompt } from './state.ts';
import { balanceOf } from './wallets.ts';

/** What a handset shows. */
export type Handset = {
  phone: string;
  balanceShillings: number;
  prompt: { checkoutRequestId: string; text: string; secondsLeft: number } | null;
  /** Latest first. */
  messages: { text: string; at: string }[];
};

const MESSAGES_SHOWN = 20;
/** Outcomes of prompts that never light up a screen. */
const UNSEEN: ReadonlySet<OutcomeName> = new Set([
  'unreachable',
  'prompt-failed',
  'prompt-error',
  'no-acknowledgement',
  'not-permitted',
  'unknown-operator',
]);

/** The screen of one phone. */
export function readHandset(network: Network, phone: string): Handset {
  const prompt = findOpenPrompt(network, phone);
  return {
    phone,
    balanceShillings: balanceOf(network, phone),
    prompt: prompt && isSeen(prompt) ? screenOf(network, prompt) : null,
    messages: network.state.messages
      .filter((message) => message.phone === phone)
      .slice(-MESSAGES_SHOWN)
      .reverse()
      .map(({ text, at }) => ({ text, at })),
  };
}

/** The phones on which a prompt can be seen now, latest first. */
export function readRingingPhones(network: Network): { phone: string; text: string }[] {
  return Object.values(network.state.prompts)
    .filter((prompt) => prompt.state === 'open' && isSeen(prompt))
    .reverse()
    .map((prompt) => ({ phone: prompt.phone, text: promptText(network, prompt) }));
}

const isSeen = (prompt: Prompt) => !prompt.plan || !UNSEEN.has(prompt.plan.outcome);

function screenOf(network: Network, prompt: Prompt): Handset['prompt'] {
  const leftMs = Date.parse(prompt.expiresAt) - network.clock.now().getTime();
  return {
    checkoutRequestId: prompt.checkoutRequestId,
    text: promptText(network, prompt),
    secondsLeft: Math.max(0, Math.ceil(leftMs / 1_000)),
  };
}

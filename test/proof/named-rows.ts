import type { Stage } from './stage.ts';
import { playAll, type Sequence, type Slot } from './tell.ts';
import type { HandPlan, LiePlan, Plan, PromptPlan, Telling } from './world-of-money.ts';

/** What comes in a named order: a telling, the answer of the query, which the minute then hears, or nothing. */
export type Word = Telling | 'query' | 'silence';

export const calledBack: Word = { source: 'callback', about: 'prompt', n: 0 };
export const noticed: Word = { source: 'notice', about: 'prompt', n: 0 };
export const byHand = (n = 0): Word => ({ source: 'notice', about: 'hand', n });
export const lied = (n = 0): Word => ({ source: 'notice', about: 'lie', n });

export const paidPrompt: PromptPlan = { ends: 'paid', query: true, early: '4999', hint: 'masked' };
export const refusedPrompt: PromptPlan = { ends: 'cancelled', query: true, early: '4999', hint: 'masked' };
export const hand: HandPlan = { payment: 0, wrote: 'reference', payer: 'own', hint: 'masked' };
export const forged: LiePlan = { payment: 0, receipt: 'made up', wrote: 'reference', hint: 'masked' };
export const plain: Plan = { prompts: [paidPrompt], hands: [], lies: [], mute: false, status: true, pull: false };

const SLOTS: Slot[] = Array.from({ length: 6 }, () => ({ pauseMs: 15_000, minute: true }));

/** A plan told in one named order: a word every 15 seconds, and the minute after each. Where the order has no query, none is ever answered. */
export function inThisOrder(plan: Plan, words: Word[]): Sequence {
  const steps = words.flatMap((telling, slot) => (typeof telling === 'string' ? [] : [{ slot, telling, killed: false }]));
  const answersFrom = words.indexOf('query');
  const prompts = plan.prompts.map((prompt) => ({ ...prompt, query: answersFrom >= 0 }));
  return { plan: { ...plan, prompts }, play: { steps, answersFrom, listedFrom: 0, atOnce: false } };
}

/** Plays sequences as `playAll` does; the first of amount `shillings`, each further one a shilling more. */
export const playNamed = (stage: Stage, sequences: Sequence[], shillings: number) =>
  playAll(stage, sequences, SLOTS, (lane) => shillings + lane);

/** All orders of some words. */
export function ordersOf<T>(words: T[]): T[][] {
  if (words.length <= 1) return [words];
  return words.flatMap((word, n) => ordersOf(words.filter((_, at) => at !== n)).map((rest) => [word, ...rest]));
}

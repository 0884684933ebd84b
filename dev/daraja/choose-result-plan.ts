import type { Network } from './network.ts';
import { nextRandom, randomFor } from './random.ts';
import { type RandomResultPlan, type ResultApi, ResultPlan, takePlan } from './result-plan.ts';
import { findWellKnownPhone } from './well-known-phones.ts';

/** Keeps the draws for requests apart from those for prompts. */
const REQUESTS_FROM = 1_000_000;

/**
 * What will happen to a request: what was ordered for the next, for its recipient or for all, then what a well-known recipient
 * does, then what is drawn, then nothing special. `number` is the request's own.
 */
export function chooseResultPlan(network: Network, api: ResultApi, number: number, recipient: string | null): ResultPlan {
  const known = recipient === null ? undefined : findWellKnownPhone(recipient)?.payout?.plan;
  const arranged = takePlan(network.arranged.resultPlans[api], recipient) ?? known;
  if (arranged) return arranged;
  const random = network.arranged.randomResults[api];
  return random ? drawPlan(network, random, number) : ResultPlan.parse({});
}

function drawPlan({ state }: Network, random: RandomResultPlan, number: number): ResultPlan {
  const holder = randomFor(state.seed, REQUESTS_FROM + number);
  const happens = (chance: number) => nextRandom(holder) < chance;
  const wait = () => Math.floor(nextRandom(holder) * random.shuffleMs);
  return ResultPlan.parse({
    outcome: drawOutcome(random.outcomes, nextRandom(holder)),
    timedOut: happens(random.timedOutRate),
    lost: happens(random.lostRate),
    resultFirst: happens(random.resultFirstRate),
    responseLost: happens(random.responseLostRate),
    responseError: happens(random.responseErrorRate),
    copies: random.copies,
    ...(random.shuffle && { lateMs: wait(), callbackMs: wait(), spreadMs: wait() }),
  });
}

function drawOutcome(weights: RandomResultPlan['outcomes'], drawn: number): ResultPlan['outcome'] {
  const entries = Object.entries(weights) as [ResultPlan['outcome'], number][];
  let left = drawn * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [outcome, weight] of entries) {
    left -= weight;
    if (left < 0) return outcome;
  }
  return 'completed';
}

import type { Network } from './network.ts';
import { outcomeNames } from './outcomes.ts';
import { Plan, type PlanOrRefusal, type RandomPlan } from './plan.ts';
import { nextRandom, type RandomHolder, randomFor } from './random.ts';
import { findWellKnownPhone } from './well-known-phones.ts';

/**
 * What will happen to the next prompt of this phone: what was ordered for the next prompts, then for the phone, then what a
 * well-known phone does, then the random plan. null: a person decides. Uses up one of the "next" orders.
 */
export function choosePlan(network: Network, phone: string): PlanOrRefusal | null {
  const { nextPlans, phonePlans, random } = network.arranged;
  const next = nextPlans.find((order) => order.phone === null || order.phone === phone);
  if (next) {
    next.left -= 1;
    if (next.left === 0) nextPlans.splice(nextPlans.indexOf(next), 1);
    return next.plan;
  }
  const known = phonePlans.get(phone) ?? findWellKnownPhone(phone)?.plan;
  if (known) return known;
  // Drawn from a sequence of the prompt's own number, so that a run does not depend on how many ids were made in between.
  return random && drawPlan(random, randomFor(network.state.seed, network.state.promptsAccepted + 1));
}

function drawPlan(random: RandomPlan, holder: RandomHolder): Plan {
  const happens = (rate: number) => nextRandom(holder) < rate;
  return Plan.parse({
    outcome: drawOutcome(random.outcomes, holder),
    lost: happens(random.lostRate),
    copies: random.copies,
    callbackFirst: happens(random.callbackFirstRate),
    responseLost: happens(random.responseLostRate),
    ...(happens(random.lateRate) ? { lateMs: Math.floor(nextRandom(holder) * random.shuffleMs) } : {}),
    ...(random.shuffle && {
      callbackMs: Math.floor(nextRandom(holder) * random.shuffleMs),
      spreadMs: Math.floor(nextRandom(holder) * random.shuffleMs),
    }),
    ...(happens(random.noticeFirstRate) && { notice: 'before' }),
    ...(happens(random.noticeLostRate) && { notice: 'none' }),
    ...(happens(random.wrongQueryRate) && random.shuffleMs > 0 && { queries: [{ untilMs: random.shuffleMs, code: '1037' }] }),
  });
}

function drawOutcome(weights: RandomPlan['outcomes'], holder: RandomHolder): Plan['outcome'] {
  const total = outcomeNames.reduce((sum, name) => sum + (weights[name] ?? 0), 0);
  let left = nextRandom(holder) * total;
  for (const name of outcomeNames) {
    left -= weights[name] ?? 0;
    if (left < 0) return name;
  }
  return 'paid';
}

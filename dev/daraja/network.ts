import type { Clock } from '../virtual-clock.ts';
import type { Fault } from './fault-order.ts';
import type { Delays, Merchant } from './options.ts';
import type { Outage } from './outage.ts';
import type { PlanOrRefusal, RandomPlan } from './plan.ts';
import type { Arranged, DeliveryPlan, RandomResultPlan, ResultApi, ResultPlan } from './result-plan.ts';
import type { State, Step } from './state.ts';
import type { Switches } from './switches.ts';

/** What tests arranged. It is forgotten at a restart and by a reset. */
type Arrangements = {
  faults: Fault[];
  nextPlans: { phone: string | null; left: number; plan: PlanOrRefusal }[];
  phonePlans: Map<string, PlanOrRefusal>;
  random: RandomPlan | null;
  resultPlans: Record<ResultApi, Arranged<ResultPlan>[]>;
  randomResults: Partial<Record<ResultApi, RandomResultPlan>>;
  noticePlans: Arranged<DeliveryPlan>[];
  outages: Outage[];
  switches: Switches;
  /** Latest last. */
  events: { at: string; text: string }[];
};

/** Each member of a union without its `K`. */
export type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** The simulated M-PESA: who trades on it, what it knows, what was arranged, and its way to the outside world. */
export type Network = {
  merchant: Merchant;
  delays: Delays;
  clock: Clock;
  state: State;
  arranged: Arrangements;
  /** Cancellations of the timers of `state.steps`, by step id. */
  timers: Map<number, () => void>;
  /** Carries a step out; set where the simulator is put together. */
  runStep(step: Step): Promise<void>;
  /** Keeps the state, where a file was named. Called after each change, before anything of it leaves the simulator. */
  save(): void;
};

/** Arrangements before anything was arranged. */
export const noArrangements = (switches: Switches): Arrangements => ({
  faults: [],
  nextPlans: [],
  phonePlans: new Map(),
  random: null,
  resultPlans: { b2c: [], transactionstatus: [], accountbalance: [], reversal: [] },
  randomResults: {},
  noticePlans: [],
  outages: [],
  switches: { ...switches },
  events: [],
});

const EVENTS_KEPT = 1_000;

/** Notes in words what happened. */
export function note(network: Network, text: string): void {
  const { events } = network.arranged;
  events.push({ at: network.clock.now().toISOString(), text });
  if (events.length > EVENTS_KEPT) events.shift();
}

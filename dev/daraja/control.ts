import * as z from 'zod';
import type { VirtualClock } from '../virtual-clock.ts';
import { stopTimers } from './agenda.ts';
import { callbackBody, editBody } from './callback-body.ts';
import { ControlError, readOrder } from './control-error.ts';
import { deliver } from './deliver.ts';
import { FaultOrder, type FaultOrderInput } from './faults.ts';
import { type Handset, readHandset, readRingingPhones } from './handset.ts';
import { type Network, note } from './network.ts';
import {
  Plan,
  type PlanOrder,
  type PlanOrderInput,
  PlanOrRefusal,
  type PromptAnswer,
  type PromptAnswerInput,
  phoneNumber,
  planOrderSchema,
  promptAnswerSchema,
} from './plan.ts';
import { answerPrompt } from './prompts.ts';
import { emptyState, type Prompt } from './state.ts';
import { Switches } from './switches.ts';
import { readTruth, type Truth } from './truth.ts';

/** What steers the network. All of it is also at /simulator/ over HTTP; every wrong order throws a ControlError. */
export type Control = {
  /** All prompts, latest first. */
  prompts(): Prompt[];
  /** Answers a prompt that has not ended: `{ pin }` as a person would, or an outcome with its plan. */
  answer(checkoutRequestId: string, answer: PromptAnswerInput): Promise<Prompt>;
  /** Delivers the callback of an ended prompt once more, now; resolves when it was answered. */
  redeliver(checkoutRequestId: string, edits?: Plan['bodyEdits']): Promise<void>;
  fault(order: FaultOrderInput): void;
  plan(order: PlanOrderInput): void;
  /** Changes some behaviours and returns all of them. */
  switch(changes: Partial<Switches>): Switches;
  setBalance(phone: string, balanceShillings: number): void;
  /** Makes every token given out so far invalid. */
  cancelTokens(): void;
  /** Moves the virtual clock and awaits everything that falls due. */
  advance(ms: number): Promise<Date>;
  now(): Date;
  truth(): Truth;
  events(): { at: string; text: string }[];
  handset(phone: string): Handset;
  /** The phones on which a prompt can be seen now, latest first. */
  ringing(): { phone: string; text: string }[];
  /** Forgets everything that happened or was arranged. The same seed then gives the same receipts on the same day again. */
  reset(options?: { seed?: number }): void;
};

const Balance = z.strictObject({ phone: phoneNumber, balanceShillings: z.int().min(0) });

/** The control of this network. `virtualClock` is null where time is real. */
export function createControl(network: Network, virtualClock: VirtualClock | null): Control {
  const startSwitches = { ...network.arranged.switches };
  return {
    prompts: () => structuredClone(Object.values(network.state.prompts).reverse()),
    answer: (id, answer) => answerAsOrdered(network, id, readOrder(promptAnswerSchema(answer), answer)),
    async redeliver(id, edits = []) {
      const prompt = findPrompt(network, id);
      if (!prompt.outcome) throw new ControlError(409, 'This prompt has no outcome yet.', 'Answer it first.');
      await deliver(network, id, prompt.callbackUrl, editBody(network, callbackBody(network, prompt), edits));
    },
    fault(order) {
      const fault = readOrder(FaultOrder, order);
      network.arranged.faults.push(fault);
    },
    plan: (order) => arrangePlan(network, readOrder(planOrderSchema(order), order)),
    switch(changes) {
      Object.assign(network.arranged.switches, readOrder(Switches.partial(), changes));
      return { ...network.arranged.switches };
    },
    setBalance(phone, balanceShillings) {
      const balance = readOrder(Balance, { phone, balanceShillings });
      network.state.balances[balance.phone] = balance.balanceShillings;
      network.save();
    },
    cancelTokens() {
      network.state.tokens = [];
      network.save();
    },
    async advance(ms) {
      if (!virtualClock) throw new ControlError(409, 'The clock is real.', 'Start the simulator with a virtual clock to advance it.');
      await virtualClock.advance(readOrder(z.number().min(0), ms));
      return virtualClock.now();
    },
    now: () => network.clock.now(),
    truth: () => readTruth(network),
    events: () => structuredClone(network.arranged.events),
    handset: (phone) => readHandset(network, readOrder(phoneNumber, phone)),
    ringing: () => readRingingPhones(network),
    reset({ seed = network.state.seed } = {}) {
      stopTimers(network);
      network.state = emptyState(readOrder(z.int(), seed));
      Object.assign(network.arranged, { faults: [], nextPlans: [], random: null, events: [], switches: { ...startSwitches } });
      network.arranged.phonePlans.clear();
      network.save();
    },
  };
}

function findPrompt(network: Network, id: string): Prompt {
  const prompt = Object.hasOwn(network.state.prompts, id) ? network.state.prompts[id] : undefined;
  if (prompt) return prompt;
  throw new ControlError(404, `No prompt has the CheckoutRequestID ${id}.`, 'GET /simulator/prompts lists all of them.');
}

async function answerAsOrdered(network: Network, id: string, answer: PromptAnswer): Promise<Prompt> {
  const prompt = findPrompt(network, id);
  if (prompt.state === 'closed') {
    throw new ControlError(409, `This prompt has ended already: ${prompt.outcome}.`, 'Send a new STK push and answer that.');
  }
  await answerPrompt(network, prompt, 'pin' in answer ? planForPin(answer.pin) : Plan.parse(answer));
  return structuredClone(prompt);
}

/** Any four digits are right but 0000, so that a wrong PIN can be tried too. */
function planForPin(pin: string): Plan {
  if (!/^\d{4}$/.test(pin)) throw new ControlError(400, 'A PIN has four digits.', 'Enter any four digits; 0000 counts as a wrong PIN.');
  return Plan.parse({ outcome: pin === '0000' ? 'wrong-pin' : 'paid' });
}

function arrangePlan(network: Network, order: PlanOrder): void {
  const { arranged } = network;
  if ('random' in order) {
    arranged.random = order.random;
    note(network, 'A random plan was arranged.');
    return;
  }
  const { phone, next, ...rest } = order;
  const plan = PlanOrRefusal.parse(rest);
  if (next !== undefined) arranged.nextPlans.push({ phone: phone ?? null, left: next, plan });
  else if (phone !== undefined) arranged.phonePlans.set(phone, plan);
  note(network, `A plan was arranged: ${plan.refusal ?? plan.outcome}.`);
}

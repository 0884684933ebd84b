import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { OutcomeName } from './outcomes.ts';
import type { Plan } from './plan.ts';

/** Marks a state file, so that no other JSON is taken for one and overwritten. */
const STATE_KIND = 'mpesa-simulator-state-1';

/** One STK push as M-PESA keeps it. `doubtful`: the query says 1037 although the customer may still pay. */
export type Prompt = {
  number: number;
  checkoutRequestId: string;
  merchantRequestId: string;
  phone: string;
  amountShillings: number;
  accountReference: string;
  description: string;
  transactionType: 'CustomerPayBillOnline' | 'CustomerBuyGoodsOnline';
  partyB: string;
  callbackUrl: string;
  requestedAt: string;
  expiresAt: string;
  state: 'open' | 'doubtful' | 'closed';
  outcome: OutcomeName | null;
  settledAt: string | null;
  receipt: string | null;
  /** null: waits for a person. */
  plan: Plan | null;
};

/** Money that really moved from a customer to the business. */
export type Transaction = {
  receipt: string;
  phone: string;
  amountShillings: number;
  checkoutRequestId: string;
  accountReference: string;
  at: string;
};

/** Something that will happen to a prompt at a time. `body` is the callback's text, final when promised. */
export type Step = { id: number; at: string; checkoutRequestId: string } & (
  | { kind: 'answer' }
  | { kind: 'late-answer' }
  | { kind: 'time-out' }
  | { kind: 'deliver'; body: string }
);

/** Everything M-PESA knows. Nothing else survives a restart. */
export type State = {
  kind: typeof STATE_KIND;
  seed: number;
  randomState: number;
  prompts: Record<string, Prompt>;
  transactions: Transaction[];
  balances: Record<string, number>;
  messages: { phone: string; text: string; at: string }[];
  tokens: { value: string; expiresAt: string }[];
  steps: Step[];
  lastStepId: number;
  promptsAccepted: number;
  tokenCalls: number;
  queryCalls: number;
  callbacksDelivered: number;
};

/** A network on which nothing has happened yet. */
export function emptyState(seed: number): State {
  return {
    kind: STATE_KIND,
    seed,
    randomState: seed,
    prompts: {},
    transactions: [],
    balances: {},
    messages: [],
    tokens: [],
    steps: [],
    lastStepId: 0,
    promptsAccepted: 0,
    tokenCalls: 0,
    queryCalls: 0,
    callbacksDelivered: 0,
  };
}

/** The state kept in `file`, or an empty one where there is no such file. */
export function readState(file: string | undefined, seed: number): State {
  if (file === undefined || !existsSync(file)) return emptyState(seed);
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as State;
    if (state.kind !== STATE_KIND) throw new Error(`kind is not ${STATE_KIND}`);
    return state;
  } catch (cause) {
    throw new Error(`${file} does not hold a simulator's state. Name another file, or delete it to start afresh.`, { cause });
  }
}

/** Replaces the file in one move, so that a crash leaves the old state or the new one. */
export function writeState(file: string, state: State): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
}

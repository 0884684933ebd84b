import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Telling } from './outage.ts';
import type { OutcomeName } from './outcomes.ts';
import type { Plan } from './plan.ts';
import type { QueryLie } from './query-lie.ts';
import type { ResultOutcomeName } from './result-outcomes.ts';
import type { ResultApi, ResultPlan } from './result-plan.ts';

/** Marks a state file, so that no other JSON is taken for one and overwritten. */
const STATE_KIND = 'mpesa-simulator-state-2';

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
  /** Ordered for this prompt alone. */
  queryLies?: QueryLie[];
};

/**
 * Money that really moved: `stk` and `c2b` from a customer to the business, `organisation` from another business, `b2c` and
 * `reversal` back; `top-up` from the bank, `sweep` to the settlement account, `withdrawal` from there to the bank. Reversing leaves
 * the original as it was.
 */
export type Transaction = {
  kind: 'stk' | 'c2b' | 'organisation' | 'b2c' | 'reversal' | 'top-up' | 'sweep' | 'withdrawal';
  receipt: string;
  /** The customer's; empty where there is none. */
  phone: string;
  /** The other business, where there is one. */
  organisation: { shortcode: string; name: string } | null;
  amountShillings: number;
  /** What M-PESA charged the customer and the business, beside the amount. */
  customerChargeShillings: number;
  chargeShillings: number;
  /** Made by a person in the portal, not by an API request. */
  byHand: boolean;
  /** The short code whose accounts it went into or came out of. */
  shortcode: string;
  /** The till that the customer paid, where it was one. */
  till: string | null;
  /** What an STK push or the customer named; empty for money sent. */
  accountReference: string;
  at: string;
  checkoutRequestId: string | null;
  conversationId: string;
  /** Of the request; for an STK push its MerchantRequestID, for a customer's own payment one that only M-PESA knows. */
  originatorConversationId: string;
  /** The receipt of what a reversal gave back. */
  reverses: string | null;
};

/** A request that is acknowledged at once and whose result is posted later: B2C, transaction status, account balance, reversal. */
export type Conversation = {
  number: number;
  api: ResultApi;
  conversationId: string;
  originatorConversationId: string;
  /** The gateway's id for it, which is also the OriginatorConversationID where the merchant sent none. */
  gatewayConversationId: string;
  /** What was asked, as text, without the SecurityCredential. */
  fields: Record<string, string>;
  /** What was wrong with the initiator when the question came. */
  initiatorProblem: ResultOutcomeName | null;
  requestedAt: string;
  plan: ResultPlan;
  state: 'open' | 'timed-out' | 'closed';
  outcome: ResultOutcomeName | 'dropped' | null;
  settledAt: string | null;
  /** Of the money that it moved. */
  receipt: string | null;
  /** The result's text as it was sent, or would have been. */
  result: string | null;
};

/** Where a short code wants to be notified of payments made to it (C2B). */
export type Registration = {
  version: 'v1' | 'v2';
  responseType: 'Completed' | 'Cancelled';
  confirmationUrl: string;
  validationUrl: string;
};

/** A customer's payment to a paybill or till that is under way; `shortcode` is the number that the customer typed. */
export type C2bPayment = {
  phone: string;
  amountShillings: number;
  account: string;
  shortcode: string;
  transactionType: 'Pay Bill' | 'Buy Goods';
};

/** A C2B confirmation as it was sent, or would have been. */
export type Notice = { receipt: string; url: string; body: string };

/** The accounts of one short code, to two decimals. Payments go into the utility account (a till's merchant account), payouts come out of it. */
export type Accounts = { workingShillings: number; utilityShillings: number; chargesShillings: number; settlementShillings: number };

/** A line of an account: `hidden` ones were ordered for a test and stand in no statement. */
export type Entry = {
  at: string;
  /** The receipt of the movement; a charge has that of its payment. */
  receipt: string;
  shortcode: string;
  account: 'working' | 'utility' | 'charges' | 'settlement';
  kind: 'movement' | 'charge' | 'hidden';
  /** Below zero: withdrawn. */
  amountShillings: number;
  balanceShillings: number;
};

/** Something that will happen at a time. Bodies are final when promised. */
export type Step = { id: number; at: string } & (
  | { kind: 'answer'; checkoutRequestId: string }
  | { kind: 'late-answer'; checkoutRequestId: string }
  | { kind: 'time-out'; checkoutRequestId: string }
  | { kind: 'deliver'; checkoutRequestId: string; body: string }
  | { kind: 'process'; conversationId: string }
  | { kind: 'post'; telling?: Telling; about: string; url: string; body: string }
  | { kind: 'pay-bill'; payment: C2bPayment }
);

/** Everything M-PESA knows. Nothing else survives a restart. */
export type State = {
  kind: typeof STATE_KIND;
  seed: number;
  randomState: number;
  prompts: Record<string, Prompt>;
  transactions: Transaction[];
  conversations: Record<string, Conversation>;
  initiatorFailures: number;
  registrations: Record<string, Registration>;
  pullRegistrations: string[];
  /** When a short code last asked for its first page, in milliseconds. */
  pulledAt: Record<string, number>;
  notices: Notice[];
  accounts: Record<string, Accounts>;
  entries: Entry[];
  balances: Record<string, number>;
  messages: { phone: string; text: string; at: string }[];
  tokens: { value: string; consumerKey: string; expiresAt: string }[];
  steps: Step[];
  lastStepId: number;
  promptsAccepted: number;
  payoutsAccepted: number;
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
    conversations: {},
    initiatorFailures: 0,
    registrations: {},
    pullRegistrations: [],
    pulledAt: {},
    notices: [],
    accounts: {},
    entries: [],
    balances: {},
    messages: [],
    tokens: [],
    steps: [],
    lastStepId: 0,
    promptsAccepted: 0,
    payoutsAccepted: 0,
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
    return withNewerParts(state, seed);
  } catch (cause) {
    throw new Error(`${file} does not hold a simulator's state. Name another file, or delete it to start afresh.`, { cause });
  }
}

/** Fills in what a state that an earlier version wrote does not have yet. */
function withNewerParts(state: State, seed: number): State {
  const since = { organisation: null, till: null, customerChargeShillings: 0, chargeShillings: 0, byHand: false };
  const transactions = state.transactions.map((moved) => ({ ...since, ...moved }));
  const accounts = Object.entries(state.accounts).map(([shortcode, kept]) => [shortcode, { ...{ settlementShillings: 0 }, ...kept }]);
  return { ...emptyState(seed), ...state, transactions, accounts: Object.fromEntries(accounts) };
}

/** Replaces the file in one move, so that a crash leaves the old state or the new one. */
export function writeState(file: string, state: State): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
}

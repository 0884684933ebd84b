import * as z from 'zod';
import type { VirtualClock } from '../virtual-clock.ts';
import { isMerchants } from './accounts.ts';
import { stopTimers } from './agenda.ts';
import { arrangePlan } from './arrange-plan.ts';
import { setBalanceOf } from './book.ts';
import { callbackBody, editBody } from './callback-body.ts';
import { ControlError, readOrder } from './control-error.ts';
import { deliver } from './deliver.ts';
import { exportStatement, type StatementInput } from './export-statement.ts';
import { FaultOrder, type FaultOrderInput } from './fault-order.ts';
import { type Handset, readHandset, readRingingPhones } from './handset.ts';
import { type MisdirectedInput, misdirect } from './misdirect.ts';
import {
  type HandPayoutInput,
  type HandReversalInput,
  payByHand,
  reverseByHand,
  type SweepInput,
  sweep,
  type TopUpInput,
  topUp,
} from './move-by-hand.ts';
import { type Network, noArrangements, note } from './network.ts';
import { type OutageInput, OutageOrder } from './outage.ts';
import { type PayBillInput, type PayBillOutcome, payBill } from './pay-bill.ts';
import { type OrganisationPaymentInput, payFromOrganisation } from './pay-from-organisation.ts';
import { phoneNumber } from './phone-number.ts';
import { Plan, type PlanOrderInput, type PromptAnswer, type PromptAnswerInput, planOrderSchema, promptAnswerSchema } from './plan.ts';
import { answerPrompt } from './prompts.ts';
import { QueryLie } from './query-lie.ts';
import { type Conversation, emptyState, type Prompt } from './state.ts';
import { Switches } from './switches.ts';
import { readTruth, type Truth } from './truth.ts';
import type { StatementFile } from './write-statement.ts';

/** The controls of the simulated network. All of them are also at /simulator/ over HTTP; every wrong order throws a ControlError. */
export type Control = {
  /** All prompts, latest first. */
  prompts(): Prompt[];
  /** Answers a prompt that has not ended: `{ pin }` as a person would, or an outcome with its plan. */
  answer(checkoutRequestId: string, answer: PromptAnswerInput): Promise<Prompt>;
  /** Delivers the callback of an ended prompt once more, now; resolves when it was answered. */
  redeliver(checkoutRequestId: string, edits?: Plan['bodyEdits']): Promise<void>;
  /** Sets what the query says about a prompt for a while, true or not; replaces earlier orders for that prompt. */
  lieInQueries(checkoutRequestId: string, lies: z.input<typeof QueryLie>[]): void;
  /** Posts any text, or a message that was made for another address, to an address that the merchant has given; returns the status. */
  misdirect(order: MisdirectedInput): Promise<{ status: number | null }>;
  /** Loses the messages of a period that begins now or later; they never come. */
  outage(order: OutageInput): void;
  /** All requests whose result comes later (B2C, transaction status, balance, reversal), latest first. */
  requests(): Conversation[];
  /** Posts the result of an ended request once more, now. */
  redeliverResult(conversationId: string, edits?: Plan['bodyEdits']): Promise<void>;
  /** Posts the C2B confirmation of a payment once more, now. */
  redeliverConfirmation(receipt: string, edits?: Plan['bodyEdits']): Promise<void>;
  /** Lets a customer pay a paybill by themselves; resolves when M-PESA has decided, and the confirmation follows. */
  payBill(order: PayBillInput): Promise<PayBillOutcome>;
  /** Lets another business pay; the confirmation follows. */
  payFromOrganisation(order: OrganisationPaymentInput): Promise<{ receipt: string }>;
  /** What people at the bank and in Safaricom's portal do; the merchant's software is not notified of any of it. */
  topUp(order: TopUpInput): { receipt: string };
  sweep(order?: SweepInput): { receipt: string; bankReceipt: string | null };
  payByHand(order: HandPayoutInput): { receipt: string };
  reverseByHand(order: HandReversalInput): { receipt: string };
  /** What the portal exports of an account. */
  statement(order?: StatementInput): Promise<StatementFile>;
  /** Sets what a short code has in its accounts, without any transaction. */
  setFloat(order: z.input<typeof Float>): void;
  unlockInitiator(): void;
  /** Forgets the registered URLs of a short code, as the portal can. */
  deleteUrls(shortcode: string): void;
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

const Float = z.strictObject({
  shortcode: z.union([z.string(), z.number()]).transform(String),
  utilityShillings: z.int().optional(),
  workingShillings: z.int().optional(),
});
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
      await deliver(network, `callback of ${id}`, prompt.callbackUrl, editBody(network, callbackBody(network, prompt), edits));
    },
    lieInQueries(id, lies) {
      findPrompt(network, id).queryLies = readOrder(z.array(QueryLie), lies);
      network.save();
    },
    misdirect: (order) => misdirect(network, order),
    outage: (order) => arrangeOutage(network, readOrder(OutageOrder, order)),
    requests: () => structuredClone(Object.values(network.state.conversations).reverse()),
    async redeliverResult(id, edits = []) {
      const { conversations } = network.state;
      const ended = Object.hasOwn(conversations, id) ? conversations[id] : undefined;
      if (!ended?.result)
        throw new ControlError(404, `No ended request has the ConversationID ${id}.`, 'GET /simulator/requests lists all.');
      await deliver(network, `result of ${id}`, ended.fields.ResultURL ?? '', editBody(network, ended.result, edits));
    },
    async redeliverConfirmation(receipt, edits = []) {
      const notice = network.state.notices.find((sent) => sent.receipt === receipt);
      if (!notice) throw new ControlError(404, `No payment ${receipt} was confirmed.`, 'Register URLs first, then pay.');
      await deliver(network, `confirmation of ${receipt}`, notice.url, editBody(network, notice.body, edits));
    },
    payBill: (order) => payBill(network, order),
    payFromOrganisation: (order) => payFromOrganisation(network, order),
    statement: (order = {}) => exportStatement(network, order),
    topUp: (order) => topUp(network, order),
    sweep: (order = {}) => sweep(network, order),
    payByHand: (order) => payByHand(network, order),
    reverseByHand: (order) => reverseByHand(network, order),
    setFloat(order) {
      const { shortcode, utilityShillings, workingShillings } = readOrder(Float, order);
      if (!isMerchants(network, shortcode)) throw new ControlError(404, `No merchant has the number ${shortcode}.`, 'See the front page.');
      if (utilityShillings !== undefined) setBalanceOf(network, shortcode, 'utility', utilityShillings);
      if (workingShillings !== undefined) setBalanceOf(network, shortcode, 'working', workingShillings);
      network.save();
    },
    unlockInitiator() {
      network.state.initiatorFailures = 0;
      network.save();
    },
    deleteUrls(shortcode) {
      delete network.state.registrations[shortcode];
      network.save();
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
      network.arranged = noArrangements(startSwitches);
      network.save();
    },
  };
}

function arrangeOutage(network: Network, { what, afterMs, forMs }: z.output<typeof OutageOrder>): void {
  const from = network.clock.now().getTime() + afterMs;
  network.arranged.outages.push({ what, from, until: from + forMs });
  note(network, `An outage was arranged: no ${what.join(', ')} for ${forMs} ms.`);
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

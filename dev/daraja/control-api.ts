import * as z from 'zod';
import type { Control } from './control.ts';
import { ControlError, readOrder } from './control-error.ts';
import type { StatementInput } from './export-statement.ts';
import type { FaultOrderInput } from './fault-order.ts';
import type { MisdirectedInput } from './misdirect.ts';
import type { HandPayoutInput, HandReversalInput, SweepInput, TopUpInput } from './move-by-hand.ts';
import type { OutageInput } from './outage.ts';
import type { PayBillInput } from './pay-bill.ts';
import type { OrganisationPaymentInput } from './pay-from-organisation.ts';
import type { PlanOrderInput, PromptAnswerInput } from './plan.ts';
import type { Switches } from './switches.ts';
import { type Answer, type ApiRequest, json } from './wire.ts';

type Operation = {
  method: 'GET' | 'POST';
  /** `:` stands for one part of the path. */
  path: string;
  does: string;
  /** `order` is not validated yet: the control does that. */
  run(control: Control, order: unknown, part: string): unknown;
};

const Clock = z.strictObject({ advanceMs: z.number().min(0) });
const Redelivery = z.strictObject({ bodyEdits: z.array(z.strictObject({ find: z.string().min(1), replace: z.string() })).default([]) });
const Lies = z.strictObject({ lies: z.array(z.unknown()) });
const BalanceOrder = z.strictObject({ phone: z.string(), balanceShillings: z.number() });
const Reset = z.strictObject({ seed: z.int().optional() });

/** Everything under /simulator/: the page and the README list it from here. */
export const operations: Operation[] = [
  { method: 'GET', path: '/simulator/prompts', does: 'all prompts, latest first', run: (control) => control.prompts() },
  {
    method: 'POST',
    path: '/simulator/prompts/:/answer',
    does: 'answer a prompt: {"pin":"1234"}, or {"outcome":"cancelled"} with any part of a plan',
    run: (control, order, id) => control.answer(id, order as PromptAnswerInput),
  },
  {
    method: 'POST',
    path: '/simulator/prompts/:/callback',
    does: 'deliver the callback of an ended prompt once more, edited if wanted: {"bodyEdits":[{"find":"1.00","replace":"2.00"}]}',
    async run(control, order, id) {
      await control.redeliver(id, readOrder(Redelivery, order).bodyEdits);
      return { delivered: id };
    },
  },
  {
    method: 'POST',
    path: '/simulator/prompts/:/queries',
    does: 'what the query says of a prompt for a while, whatever is true: {"lies":[{"fromMs":0,"untilMs":30000,"code":"1037"}]}',
    run: (control, order, id) => control.lieInQueries(id, readOrder(Lies, order).lies as Parameters<Control['lieInQueries']>[1]),
  },
  {
    method: 'POST',
    path: '/simulator/misdirect',
    does: 'post a text to an address of the merchant: {"to":{"resultOf":"AG_..."},"body":{}}, or what was made for another: {"to":{"confirmationOf":"174379"},"copy":{"resultOf":"AG_..."}}',
    run: (control, order) => control.misdirect(order as MisdirectedInput),
  },
  {
    method: 'POST',
    path: '/simulator/outages',
    does: 'lose what would be told, for ever: {"forMs":3600000}, with "afterMs" or "what" if wanted: ["confirmation","callback","result","time-out"]',
    run: (control, order) => control.outage(order as OutageInput),
  },
  {
    method: 'GET',
    path: '/simulator/requests',
    does: 'all requests whose result comes later (B2C, transaction status, balance, reversal), latest first',
    run: (control) => control.requests(),
  },
  {
    method: 'POST',
    path: '/simulator/requests/:/result',
    does: 'post the result of an ended request, named by its ConversationID, once more, edited if wanted: {}',
    async run(control, order, id) {
      await control.redeliverResult(id, readOrder(Redelivery, order).bodyEdits);
      return { delivered: id };
    },
  },
  {
    method: 'POST',
    path: '/simulator/pay-bill',
    does: 'pay a paybill or till as a customer would: {"phone":"2547...","amountShillings":350,"account":"INV-7"}, with "shortcode" or "pin" if wanted',
    run: (control, order) => control.payBill(order as PayBillInput),
  },
  {
    method: 'POST',
    path: '/simulator/organisation-payments',
    does: 'let another business pay: {"amountShillings":12000,"account":"INV-7"}, with "shortcode", "from" or "name" if wanted',
    run: (control, order) => control.payFromOrganisation(order as OrganisationPaymentInput),
  },
  {
    method: 'POST',
    path: '/simulator/confirmations/:',
    does: 'post the C2B confirmation of a payment, named by its receipt, once more, edited if wanted: {}',
    async run(control, order, receipt) {
      await control.redeliverConfirmation(receipt, readOrder(Redelivery, order).bodyEdits);
      return { delivered: receipt };
    },
  },
  {
    method: 'POST',
    path: '/simulator/statements',
    does: 'what the portal exports, as {"name","base64","text"}: {"shortcode":"174379","from":"2026-11-01","to":"2026-11-30"}, with "account" (utility, working, charges, settlement), "layout" (V1, V1a, V2) or "format" (csv, xls, xlsx) if wanted',
    run: (control, order) => control.statement(order as StatementInput),
  },
  {
    method: 'POST',
    path: '/simulator/top-ups',
    does: 'money from the bank: {"amountShillings":50000}, with "shortcode" if wanted (the paying one otherwise)',
    run: (control, order) => control.topUp(order as TopUpInput),
  },
  {
    method: 'POST',
    path: '/simulator/sweeps',
    does: 'what came in goes to the settlement account: {}, with "shortcode", "amountShillings" or "toBank":true if wanted',
    run: (control, order) => control.sweep(order as SweepInput),
  },
  {
    method: 'POST',
    path: '/simulator/payouts-by-hand',
    does: 'pay a customer as in the portal, telling nobody: {"phone":"2547...","amountShillings":500}, with "shortcode" if wanted',
    run: (control, order) => control.payByHand(order as HandPayoutInput),
  },
  {
    method: 'POST',
    path: '/simulator/reversals-by-hand',
    does: 'give a payment back as in the portal, or a part of it, telling nobody: {"receipt":"UKL...","amountShillings":200}',
    run: (control, order) => control.reverseByHand(order as HandReversalInput),
  },
  {
    method: 'POST',
    path: '/simulator/urls/:/delete',
    does: 'forget the URLs that a short code has registered',
    run: (control, _, shortcode) => control.deleteUrls(shortcode),
  },
  {
    method: 'POST',
    path: '/simulator/float',
    does: 'what a short code has in its accounts: {"shortcode":"600996","utilityShillings":5000,"workingShillings":0}',
    run: (control, order) => control.setFloat(order as Parameters<Control['setFloat']>[0]),
  },
  {
    method: 'POST',
    path: '/simulator/initiator/unlock',
    does: 'unlock the initiator after wrong passwords',
    run: (control) => control.unlockInitiator(),
  },
  {
    method: 'POST',
    path: '/simulator/faults',
    does: 'let the next requests to an API fail: {"api":"stkpush","fault":"drop-after","times":1}',
    run: (control, order) => control.fault(order as FaultOrderInput),
  },
  {
    method: 'POST',
    path: '/simulator/plan',
    does: 'what happens to later prompts: {"next":1,"outcome":"paid","copies":3}, {"phone":"2547...","lost":true}, {"random":{...}}, or to later requests: {"api":"b2c","next":1,"timedOut":true}',
    run: (control, order) => control.plan(order as PlanOrderInput),
  },
  {
    method: 'POST',
    path: '/simulator/switches',
    does: 'behaviours on which sources disagree: {"expiresIn":"string"}; answers all of them',
    run: (control, order) => control.switch(order as Partial<Switches>),
  },
  {
    method: 'POST',
    path: '/simulator/balances',
    does: 'what a phone has in its wallet: {"phone":"2547...","balanceShillings":50}',
    run(control, order) {
      const { phone, balanceShillings } = readOrder(BalanceOrder, order);
      return control.setBalance(phone, balanceShillings);
    },
  },
  { method: 'POST', path: '/simulator/tokens/cancel', does: 'make all tokens invalid', run: (control) => control.cancelTokens() },
  { method: 'GET', path: '/simulator/clock', does: 'the time here', run: (control) => ({ now: control.now() }) },
  {
    method: 'POST',
    path: '/simulator/clock',
    does: 'move a virtual clock: {"advanceMs":60000}; answers when all that fell due has happened',
    run: async (control, order) => ({ now: await control.advance(readOrder(Clock, order).advanceMs) }),
  },
  { method: 'GET', path: '/simulator/truth', does: 'the money that really moved', run: (control) => control.truth() },
  { method: 'GET', path: '/simulator/events', does: 'what happened, in words', run: (control) => control.events() },
  { method: 'GET', path: '/simulator/handset', does: 'phones with a prompt on the screen', run: (control) => control.ringing() },
  { method: 'GET', path: '/simulator/handset/:', does: 'the screen of a phone', run: (control, _, phone) => control.handset(phone) },
  {
    method: 'POST',
    path: '/simulator/reset',
    does: 'forget everything: {} or {"seed":2}',
    run(control, order) {
      const { seed } = readOrder(Reset, order);
      return control.reset(seed === undefined ? {} : { seed });
    },
  },
];

/** Answers /simulator/...; every problem says what to change. */
export async function answerControl(control: Control, request: ApiRequest): Promise<Answer> {
  try {
    const [operation, part] = findOperation(request);
    return json(200, (await operation.run(control, readBody(request), part)) ?? { done: true });
  } catch (error) {
    if (error instanceof ControlError) return json(error.status, { error: error.message, change: error.change });
    throw error;
  }
}

function findOperation({ method, url }: ApiRequest): [Operation, string] {
  const asked = url.pathname.split('/');
  for (const operation of operations) {
    const parts = operation.path.split('/');
    const fits = parts.length === asked.length && parts.every((part, i) => part === ':' || part === asked[i]);
    if (fits && operation.method === method) return [operation, decodeURIComponent(asked[parts.indexOf(':')] ?? '')];
  }
  const known = operations.map((operation) => `${operation.method} ${operation.path}`).join(', ');
  throw new ControlError(404, `There is no ${method} ${url.pathname}.`, `Use one of: ${known}.`);
}

function readBody({ method, body }: ApiRequest): unknown {
  if (method === 'GET' || body.trim() === '') return {};
  try {
    return JSON.parse(body);
  } catch {
    throw new ControlError(400, 'The body is not JSON.', 'Send a JSON object, for example {"next":1,"outcome":"paid"}.');
  }
}

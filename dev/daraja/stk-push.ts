import { checkBearer } from './check-bearer.ts';
import { choosePlan } from './choose-plan.ts';
import { checkFields, textOf } from './field-rules.ts';
import type { Network } from './network.ts';
import { note } from './network.ts';
import { Plan, type PlanOrRefusal } from './plan.ts';
import { carryOutPlan, findOpenPrompt, openPrompt, type PromptRequest } from './prompts.ts';
import { checkMerchant, stkPushRules } from './stk-fields.ts';
import { type Answer, type ApiRequest, coreRefusal, json, LOCKED_SUBSCRIBER, readFields, refusal } from './wire.ts';

const ACCEPTED = 'Success. Request accepted for processing';

/** POST /mpesa/stkpush/v1/processrequest: opens a prompt. Two equal requests open two, since Daraja knows no idempotency. */
export async function acceptStkPush(network: Network, request: ApiRequest): Promise<Answer> {
  const fields = readFields(request);
  const refused = checkBearer(network, request) ?? checkStkPush(network, fields);
  if (refused) {
    note(network, `An STK push was refused: ${refused.body}`);
    return refused;
  }
  const asked = promptRequestOf(fields ?? {});
  if (findOpenPrompt(network, asked.phone)) return coreRefusal(network, LOCKED_SUBSCRIBER);
  const chosen = choosePlan(network, asked.phone);
  if (chosen?.refusal) return refuseAsPlanned(network, chosen.refusal);
  const prompt = openPrompt(network, asked, chosen && planOf(chosen));
  if (prompt.plan?.callbackFirst) await carryOutPlan(network, prompt);
  const answer = json(200, {
    MerchantRequestID: prompt.merchantRequestId,
    CheckoutRequestID: prompt.checkoutRequestId,
    ResponseCode: '0',
    ResponseDescription: ACCEPTED,
    CustomerMessage: ACCEPTED,
  });
  return prompt.plan?.responseLost ? { ...answer, fate: 'broken' } : answer;
}

function checkStkPush(network: Network, fields: Record<string, unknown> | null): Answer | null {
  if (!fields) return refusal(network, 400, '400.002.05', 'Invalid Request Payload');
  const refused = checkFields(network, fields, stkPushRules) ?? checkMerchant(network, fields);
  if (refused) return refused;
  const type = textOf(fields, 'TransactionType');
  const { tillNumber, otherTills } = network.merchant;
  if (type === 'CustomerBuyGoodsOnline' && tillNumber === null && otherTills.length === 0) {
    return coreRefusal(network, `Merchant not allowed to carry out transaction type ${type}`);
  }
  return null;
}

const promptRequestOf = (fields: Record<string, unknown>): PromptRequest => ({
  phone: textOf(fields, 'PhoneNumber'),
  amountShillings: Number(textOf(fields, 'Amount')),
  accountReference: textOf(fields, 'AccountReference'),
  description: textOf(fields, 'TransactionDesc'),
  transactionType: textOf(fields, 'TransactionType') as PromptRequest['transactionType'],
  partyB: textOf(fields, 'PartyB'),
  callbackUrl: textOf(fields, 'CallBackURL'),
});

const planOf = ({ refusal: _, ...plan }: PlanOrRefusal): Plan => Plan.parse(plan);

function refuseAsPlanned(network: Network, planned: NonNullable<PlanOrRefusal['refusal']>): Answer {
  if (planned === 'subscriber-locked') return coreRefusal(network, LOCKED_SUBSCRIBER);
  if (planned === 'not-on-network') return coreRefusal(network, 'No ICCID found on NMS');
  return refusal(network, 500, '500.002.1001', 'Service is currently under maintenance');
}

import { checkBearer } from './check-bearer.ts';
import { checkFields, textOf } from './field-rules.ts';
import type { Network } from './network.ts';
import { outcomes } from './outcomes.ts';
import { nextRandom } from './random.ts';
import type { Prompt } from './state.ts';
import { checkMerchant, stkQueryRules } from './stk-fields.ts';
import { type Answer, type ApiRequest, coreRefusal, json, readFields, refusal } from './wire.ts';

/** POST /mpesa/stkpushquery/v1/query: what is known of a prompt. The answer never has a receipt, an amount or a phone. */
export function answerStkQuery(network: Network, request: ApiRequest): Answer {
  const fields = readFields(request);
  const refused = checkBearer(network, request);
  if (refused) return refused;
  if (!fields) return refusal(network, 400, '400.002.05', 'Invalid Request Payload');
  const wrong = checkFields(network, fields, stkQueryRules) ?? checkMerchant(network, fields);
  if (wrong) return wrong;
  const id = textOf(fields, 'CheckoutRequestID');
  const prompt = Object.hasOwn(network.state.prompts, id) ? network.state.prompts[id] : undefined;
  if (!prompt) return coreRefusal(network, 'The transaction does not Exist');
  if (isGlitch(network)) return coreRefusal(network, '');
  const lie = lieAbout(network, prompt);
  if (lie && /^\d{3}\.\d{3}\.\d{4}$/.test(lie.code)) return refusal(network, 500, lie.code, lie.says);
  if (lie) return answerResult(prompt, lie.code, lie.says);
  return prompt.state === 'open' ? answerInFlight(network, prompt) : answerResult(prompt, ...resultOf(prompt));
}

/** The false answer that is ordered for this prompt now, if any; the latest order counts. */
function lieAbout({ clock }: Network, { requestedAt, plan, queryLies = [] }: Prompt): { code: string; says: string } | null {
  const sinceMs = clock.now().getTime() - Date.parse(requestedAt);
  const told = [...(plan?.queries ?? []), ...queryLies].findLast(({ fromMs, untilMs }) => fromMs <= sinceMs && sinceMs < untilMs);
  return told ? { code: told.code, says: told.says ?? wordsOf(told.code) } : null;
}

function wordsOf(code: string): string {
  if (code === '4999') return 'The transaction is still under processing';
  if (code === '1037') return 'DS timeout user cannot be reached.';
  const known = Object.values(outcomes).find((outcome) => String(outcome.code) === code);
  return known?.querySays ?? known?.says ?? '';
}

function answerInFlight(network: Network, prompt: Prompt): Answer {
  const form = network.arranged.switches.queryInFlight;
  if (form === 'error-in-200') return refusal(network, 200, '500.001.1001', '');
  if (form === 'error-500') return coreRefusal(network, 'The transaction is being processed');
  return answerResult(prompt, '4999', 'The transaction is still under processing');
}

function resultOf(prompt: Prompt): [code: string, words: string] {
  const { code, says, querySays } = outcomes[prompt.outcome ?? 'unreachable'];
  return [String(code), querySays ?? says];
}

const answerResult = (prompt: Prompt, code: string, words: string): Answer =>
  json(200, {
    ResponseCode: '0',
    ResponseDescription: 'The service request has been accepted successfully',
    MerchantRequestID: prompt.merchantRequestId,
    CheckoutRequestID: prompt.checkoutRequestId,
    ResultCode: code,
    ResultDesc: words,
  });

/** Draws only where a glitch is possible, so that queries do not shift the ids of a seeded run. */
function isGlitch(network: Network): boolean {
  const rate = network.arranged.switches.queryGlitchRate;
  return rate > 0 && nextRandom(network.state) < rate;
}

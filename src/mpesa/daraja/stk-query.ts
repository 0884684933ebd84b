import * as z from 'zod';
import { type Api, postToDaraja } from './api.ts';
import { DarajaError, type DarajaReason } from './errors.ts';
import { readJsonObject } from './read-json-object.ts';
import { signStkRequest } from './sign-stk-request.ts';
import { stkReason } from './stk-result-codes.ts';

/**
 * What Safaricom says about one prompt. `paid` comes without receipt or amount; `failed` only with a code that proves it;
 * everything else is `unclear`: ask again later. `raw` is the whole answer (it holds the phone number: store it encrypted).
 */
export type StkQueryAnswer = {
  state: 'paid' | 'failed' | 'unclear';
  /** Of a failure: whether it is final even while the customer can still enter the PIN. */
  isFinal: boolean;
  resultCode?: string;
  resultDescription?: string;
  raw: string;
};

const code = z.union([z.string(), z.number().transform(String)]);
const Answer = z.object({
  ResponseCode: code.optional(),
  CheckoutRequestID: z.string().optional(),
  ResultCode: code.pipe(z.string().regex(/^[\w.-]{1,40}$/)),
  ResultDesc: z.string().max(1000).optional().catch(undefined),
});

// Failures that still answer the question, though they decide nothing. After any other failure the question was not answered.
const NOT_KNOWN_YET: ReadonlySet<DarajaReason> = new Set(['still_processing', 'unknown_transaction', 'server_error', 'unreadable_answer']);

/** Asks once. Throws a DarajaError when the question was not answered at all (no token, throttled, time-out, no connection). */
export async function queryStk(api: Api, checkoutRequestId: string): Promise<StkQueryAnswer> {
  const body = { ...signStkRequest(api), CheckoutRequestID: checkoutRequestId };
  const { failure, text: raw } = await postToDaraja(api, '/mpesa/stkpushquery/v1/query', body);
  if (failure && !NOT_KNOWN_YET.has(failure.reason)) throw new DarajaError(failure);

  const answer = failure ? undefined : Answer.safeParse(readJsonObject(raw)).data;
  if (!answer) return { state: 'unclear', isFinal: false, raw };
  const { ResponseCode = '0', CheckoutRequestID = checkoutRequestId, ResultCode, ResultDesc } = answer;
  const aboutThisPrompt = ResponseCode === '0' && CheckoutRequestID === checkoutRequestId;
  return {
    state: aboutThisPrompt ? stateOf(ResultCode) : 'unclear',
    isFinal: stkReason(ResultCode).finalByQuery,
    resultCode: ResultCode,
    ...(ResultDesc !== undefined && { resultDescription: ResultDesc }),
    raw,
  };
}

function stateOf(resultCode: string): StkQueryAnswer['state'] {
  if (resultCode === '0') return 'paid';
  return stkReason(resultCode).final ? 'failed' : 'unclear';
}

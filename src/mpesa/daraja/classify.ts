import * as z from 'zod';
import type { DarajaFailure, DarajaReason } from './errors.ts';
import { readJsonObject } from './read-json-object.ts';

type Verdict = Pick<DarajaFailure, 'kind' | 'reason'>;
type Rule = { code: RegExp; says?: RegExp; verdict: Verdict };

const refused = (reason: DarajaReason): Verdict => ({ kind: 'refused', reason });
const unclear = (reason: DarajaReason): Verdict => ({ kind: 'unclear', reason });

// Each of these codes has a dozen meanings: only the message beside it tells which.
const AMBIGUOUS = /^(500|00)\.00[123]\.1001$/;
const FIELD = /^400\.002\.\d+$/;
const ANY = /^/;
const FAULT = /^\D/; // the gateway's codes are words

/** First match wins. Codes and messages as documented by Safaricom or seen in real answers. */
const RULES: Rule[] = [
  { code: ANY, says: /duplicate originator/i, verdict: unclear('duplicate_request') }, // the first one got in: never a refusal
  { code: /^(400\.003\.01|401\.\S+|404\.001\.03)$/, verdict: refused('invalid_token') },
  { code: /^400\.008\.\d+$/, verdict: refused('wrong_credentials') },
  { code: FIELD, says: /invalid (phonenumber|partya)\b/i, verdict: refused('invalid_phone') },
  { code: FIELD, says: /invalid amount\b/i, verdict: refused('invalid_amount') },
  { code: FIELD, says: /invalid (callback|result|queuetimeout|confirmation|validation)url\b/i, verdict: refused('invalid_callback_url') },
  { code: FIELD, says: /invalid (securitycredential|initiator(name)?)\b/i, verdict: refused('wrong_credentials') },
  { code: /^40[045]\./, says: /invalid access token/i, verdict: refused('invalid_token') },
  { code: /^40[045]\./, verdict: refused('bad_request') },
  { code: /^(500\.003\.0[23]|429\..*)$/, verdict: refused('throttled') },
  { code: AMBIGUOUS, says: /unable to lock subscriber/i, verdict: refused('subscriber_locked') },
  { code: AMBIGUOUS, says: /(initiator|security ?credential)\b.*\blocked/i, verdict: refused('initiator_locked') },
  { code: AMBIGUOUS, says: /wrong credentials|initiator information is invalid/i, verdict: refused('wrong_credentials') },
  { code: AMBIGUOUS, says: /merchant does not exist|not allowed to carry out/i, verdict: refused('merchant_not_allowed') },
  { code: AMBIGUOUS, says: /urls are already registered|duplicate notification info/i, verdict: refused('already_registered') },
  { code: AMBIGUOUS, says: /\bICCID\b/i, verdict: refused('not_on_network') },
  { code: AMBIGUOUS, says: /(being|under) process/i, verdict: unclear('still_processing') },
  { code: AMBIGUOUS, says: /transaction does not exist/i, verdict: unclear('unknown_transaction') },
  { code: AMBIGUOUS, says: /maintenance/i, verdict: unclear('maintenance') },
  { code: /ratelimit\.|SpikeArrest|QuotaViolation/i, verdict: refused('throttled') },
  { code: /invalid_?access_?token|access_?token_?expired/i, verdict: refused('invalid_token') },
  { code: /apiproduct/i, verdict: refused('merchant_not_allowed') },
  { code: FAULT, says: /spike arrest|rate limit|quota/i, verdict: refused('throttled') },
  { code: FAULT, says: /access token/i, verdict: refused('invalid_token') },
  { code: FAULT, says: /apiproduct/i, verdict: refused('merchant_not_allowed') },
];

const text = z.union([z.string(), z.number().transform(String)]).catch('');
const DarajaErrorBody = z.object({ errorCode: text, errorMessage: text });
const GatewayFaultBody = z.object({
  fault: z.object({ faultstring: text, detail: z.object({ errorcode: text }).catch({ errorcode: '' }) }),
});

/**
 * What a failed HTTP answer of Safaricom's proves; undefined for a 2xx JSON object without an error in it. Reads all three kinds of failure: Safaricom's JSON (also
 * under HTTP 200), the gateway's fault JSON and the firewall's HTML.
 */
export function classify(httpStatus: number, bodyText: string): DarajaFailure | undefined {
  const body = readJsonObject(bodyText);
  if (!body) return { ...classifyWithoutJson(httpStatus, bodyText), httpStatus };
  const stated = statedError(body);
  if (!stated) return isSuccess(httpStatus) ? undefined : { ...byStatus(httpStatus, unclear('unreadable_answer')), httpStatus };

  const verdict = verdictOn(httpStatus, body, stated);
  const failure: DarajaFailure = { ...verdict, httpStatus };
  if (/^[\w.]{1,60}$/.test(stated.code)) failure.errorCode = stated.code;
  if (stated.message) failure.errorMessage = redactText(stated.message);
  return failure;
}

function verdictOn(httpStatus: number, body: Record<string, unknown>, { code, message }: { code: string; message: string }): Verdict {
  // an error and the id of an accepted request contradict each other
  if ('CheckoutRequestID' in body || 'ConversationID' in body) return unclear('unreadable_answer');
  const rule = RULES.find((each) => each.code.test(code) && (each.says?.test(message) ?? true));
  if (rule) return rule.verdict;
  return AMBIGUOUS.test(code) ? unclear('server_error') : byStatus(httpStatus, refused('bad_request'));
}

function statedError(body: Record<string, unknown>): { code: string; message: string } | undefined {
  if ('errorCode' in body || 'errorMessage' in body) {
    const { errorCode, errorMessage } = DarajaErrorBody.parse(body);
    return { code: errorCode, message: errorMessage };
  }
  if (!('fault' in body)) return undefined;
  const parsed = GatewayFaultBody.safeParse(body);
  if (!parsed.success) return { code: 'fault', message: '' };
  return { code: parsed.data.fault.detail.errorcode || 'fault', message: parsed.data.fault.faultstring };
}

const isSuccess = (httpStatus: number) => httpStatus >= 200 && httpStatus < 300;

function classifyWithoutJson(httpStatus: number, bodyText: string): Verdict {
  if (httpStatus === 400 && bodyText.trim() === '') return refused('wrong_credentials'); // Safaricom's answer to wrong keys
  if (httpStatus === 503 && isFirewallPage(bodyText)) return refused('blocked_by_firewall');
  return byStatus(httpStatus, unclear('unreadable_answer'));
}

/** The firewall's own refusal, not its page about a server behind it that did not answer in time. */
const isFirewallPage = (html: string) => /incapsula|imperva/i.test(html) && !/time[sd]?[ -]?out|response in time/i.test(html);

/** What the status alone proves; `client` is the verdict on a 4xx that has no rule of its own here. */
function byStatus(httpStatus: number, client: Verdict): Verdict {
  if (httpStatus === 401) return refused('invalid_token');
  if (httpStatus === 403) return refused('blocked_by_firewall');
  if (httpStatus === 404 || httpStatus === 405) return refused('bad_request');
  if (httpStatus === 408) return unclear('timed_out');
  if (httpStatus === 429) return refused('throttled');
  if (httpStatus >= 400 && httpStatus < 499) return client;
  return unclear(httpStatus >= 500 ? 'server_error' : 'unreadable_answer');
}

const LONGEST = 160;

/**
 * Makes a text of Safaricom's fit for an error or a log: phone numbers, ids and tokens are cut out and at most 160 characters
 * remain. Safaricom repeats the rejected token inside some error messages.
 */
function redactText(text: string): string {
  return text
    .slice(0, 1000)
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/(invalid access token)\W.*/i, '$1')
    .replace(/[\w+/=-]{25,}/g, '[cut]') // tokens have 28 characters, the longest field name of the API 24
    .replace(/\d(?:[ -]?\d){6,}/g, '[cut]')
    .trim()
    .slice(0, LONGEST);
}

import * as z from 'zod';
import { resultReason } from './payout-result-codes.ts';
import { readJsonObject } from './read-json-object.ts';
import { id, type Part, readPart, realReceipt, resultCode, scalar } from './shapes.ts';

/**
 * What a result claims in the envelope that all kinds share. `done`: code 0; `failed`: a code that proves that no money moved; `unclear` decides nothing.
 * `unreadable` names the parameters that occur twice or hold something other than text or a number.
 */
export type ParsedResult = {
  says: 'done' | 'failed' | 'unclear';
  resultCode?: string;
  resultDescription?: string;
  conversationId?: string;
  originatorConversationId?: string;
  transactionId?: string;
  parameters: Map<string, string>;
  unreadable: Set<string>;
};

const LARGEST_BODY = 64 * 1024; // characters; a recorded result has less than two thousand

const Envelope = z.object({
  Result: z.object({
    ResultCode: resultCode,
    ResultDesc: z.string().max(1000).optional().catch(undefined),
    ConversationID: id,
    OriginatorConversationID: id,
    TransactionID: realReceipt.optional().catch(undefined),
    ResultParameters: z.unknown().optional(),
  }),
});
const Entry = z.object({ Key: z.string(), Value: z.unknown().optional() });
const Parameters = z.object({ ResultParameter: z.union([z.array(Entry).max(100), Entry]).nullish() });

/** Reads the body of a result of any API. Never throws. A body sent to a time-out address may look like a result too: there it is evidence at most, never a verdict. */
export function parseResult(body: string): ParsedResult {
  const envelope = body.length > LARGEST_BODY ? undefined : Envelope.safeParse(readJsonObject(body)).data;
  if (!envelope) return { says: 'unclear', parameters: new Map(), unreadable: new Set() };
  const { ResultCode, ResultDesc, ConversationID, OriginatorConversationID, TransactionID, ResultParameters } = envelope.Result;
  const { sound, ...read } = readParameters(ResultParameters);
  return {
    says: sound ? verdictOn(ResultCode) : 'unclear',
    ...(ResultCode && { resultCode: ResultCode }),
    ...(ResultDesc && { resultDescription: ResultDesc }),
    ...(ConversationID && { conversationId: ConversationID }),
    ...(OriginatorConversationID && { originatorConversationId: OriginatorConversationID }),
    ...(TransactionID && { transactionId: TransactionID }),
    ...read,
  };
}

/** Reads one parameter. `sound` is false when it is present and cannot be trusted. */
export function readParameter<T>(result: Pick<ParsedResult, 'parameters' | 'unreadable'>, key: string, shape: z.ZodType<T>): Part<T> {
  if (result.unreadable.has(key)) return { sound: false };
  return readPart(result.parameters.get(key), shape);
}

function verdictOn(code: string | undefined): ParsedResult['says'] {
  if (code === undefined) return 'unclear';
  if (code === '0') return 'done';
  return resultReason(code).final ? 'failed' : 'unclear';
}

function readParameters(value: unknown): Pick<ParsedResult, 'parameters' | 'unreadable'> & { sound: boolean } {
  const parameters = new Map<string, string>();
  const unreadable = new Set<string>();
  if (value === undefined || value === null || value === '') return { parameters, unreadable, sound: true };
  const read = Parameters.safeParse(value);
  if (!read.success) return { parameters, unreadable, sound: false };

  const seen = new Set<string>();
  for (const entry of [read.data.ResultParameter ?? []].flat()) {
    const key = nameOf(entry.Key, seen);
    if (seen.has(key)) unreadable.add(key);
    seen.add(key);
    if (entry.Value === undefined || entry.Value === null) continue;
    const text = scalar.safeParse(entry.Value);
    if (text.success) parameters.set(key, String(text.data));
    else unreadable.add(key);
  }
  for (const key of unreadable) parameters.delete(key);
  return { parameters, unreadable, sound: true };
}

/** The name of a parameter, without the spaces of old results. Safaricom's sample of a status result calls both parties DebitPartyName: the second is the credit party. */
function nameOf(key: string, seen: Set<string>): string {
  const name = key.replace(/\s/g, '');
  return name === 'DebitPartyName' && seen.has(name) && !seen.has('CreditPartyName') ? 'CreditPartyName' : name;
}

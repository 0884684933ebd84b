import * as z from 'zod';
import { type ParsedResult, parseResult, readParameter } from './parse-result.ts';
import { readMoment } from './read-moment.ts';
import { type Party, readParty } from './read-party.ts';
import { amount, realReceipt } from './shapes.ts';

/**
 * What one result of a reversal claims. `done` always has the reversal's own receipt; old results lacked amountCents and originalReceipt, so compare these only
 * where present. `failed` has a code that proves that no money moved.
 */
export type ReversalResult = Omit<ParsedResult, 'parameters' | 'unreadable' | 'transactionId'> & {
  receipt?: string;
  originalReceipt?: string;
  amountCents?: bigint;
  creditParty?: Party;
  completedAt?: Date;
};

/** Reads the body of a reversal's result. Never throws: what is unreadable, tampered with or contradictory is `unclear`. */
export function parseReversalResult(body: string): ReversalResult {
  const { parameters, unreadable, transactionId, ...envelope } = parseResult(body);
  const source = { parameters, unreadable };
  const amountRead = readParameter(source, 'Amount', amount);
  const original = readParameter(source, 'OriginalTransactionID', realReceipt);
  const creditParty = readParameter(source, 'CreditPartyPublicName', z.string().transform(readParty));
  const completed = readParameter(source, 'TransCompletedTime', z.string());
  const completedAt = completed.value === undefined ? undefined : readMoment(completed.value);

  const undoesItself = original.value !== undefined && original.value === transactionId;
  const sound = !undoesItself && [amountRead, original, creditParty].every((each) => each.sound);
  return {
    ...envelope,
    says: sound ? verdictOn(envelope.says, transactionId, amountRead.value) : 'unclear',
    ...(transactionId && envelope.says === 'done' && { receipt: transactionId }),
    ...(original.value && { originalReceipt: original.value }),
    ...(amountRead.value && { amountCents: amountRead.value }),
    ...(creditParty.value && { creditParty: creditParty.value }),
    ...(completedAt && { completedAt }),
  };
}

function verdictOn(says: ParsedResult['says'], receipt: string | undefined, amountCents: bigint | undefined): ParsedResult['says'] {
  if (says === 'done') return receipt ? 'done' : 'unclear';
  return says === 'failed' && amountCents ? 'unclear' : says; // a failure that moved an amount contradicts itself
}

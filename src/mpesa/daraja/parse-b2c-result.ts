import * as z from 'zod';
import { type ParsedResult, parseResult, readParameter } from './parse-result.ts';
import { readMoment } from './read-moment.ts';
import { type Party, readParty } from './read-party.ts';
import { amount, balance, realReceipt } from './shapes.ts';

/**
 * What one result of a payout claims. `done` always has amountCents, and a receipt unless it names two (`twoReceipts`); `failed` has a code that proves that no money
 * moved; `unclear` decides nothing: ask for the transaction's status. The balances are those of our accounts afterwards.
 */
export type B2cResult = Omit<ParsedResult, 'parameters' | 'unreadable' | 'transactionId'> & {
  amountCents?: bigint;
  receipt?: string;
  twoReceipts?: true;
  recipient?: Party;
  utilityCents?: bigint;
  workingCents?: bigint;
  completedAt?: Date;
};

/** Reads the body of a B2C result. Never throws: what is unreadable, tampered with or contradictory is `unclear`. */
export function parseB2cResult(body: string): B2cResult {
  const { parameters, unreadable, transactionId, ...envelope } = parseResult(body);
  const source = { parameters, unreadable };
  const amountRead = readParameter(source, 'TransactionAmount', amount);
  const receiptRead = readParameter(source, 'TransactionReceipt', realReceipt);
  const utility = readParameter(source, 'B2CUtilityAccountAvailableFunds', balance);
  const working = readParameter(source, 'B2CWorkingAccountAvailableFunds', balance);
  const recipient = readParameter(source, 'ReceiverPartyPublicName', z.string().transform(readParty));
  const completed = readParameter(source, 'TransactionCompletedDateTime', z.string());
  const completedAt = completed.value === undefined ? undefined : readMoment(completed.value);

  const sound = [amountRead, receiptRead, recipient].every((each) => each.sound);
  const differ = receiptRead.value !== undefined && transactionId !== undefined && receiptRead.value !== transactionId;
  const says = sound ? verdictOn(envelope.says, amountRead.value, receiptRead.value) : 'unclear';
  return {
    ...envelope,
    says,
    ...(amountRead.value && { amountCents: amountRead.value }),
    ...(receiptRead.value && (differ ? { twoReceipts: true as const } : { receipt: receiptRead.value })),
    ...(recipient.value && { recipient: recipient.value }),
    ...(utility.value !== undefined && { utilityCents: utility.value }),
    ...(working.value !== undefined && { workingCents: working.value }),
    ...(completedAt && { completedAt }),
  };
}

function verdictOn(says: ParsedResult['says'], amountCents: bigint | undefined, receiptSeen: string | undefined): ParsedResult['says'] {
  if (says === 'done') return amountCents && receiptSeen ? 'done' : 'unclear';
  return says === 'failed' && (amountCents || receiptSeen) ? 'unclear' : says; // a failure that paid contradicts itself
}

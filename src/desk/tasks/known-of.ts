import { nairobiDay } from '#ground/time/nairobi.ts';
import type { Known } from './actions.ts';
import type { Amount } from './read-amounts.ts';
import type { Reported } from './read-reported.ts';
import type { SubjectType } from './subjects.ts';

/**
 * What the books and the reports add to what the subject says: the ids of the money, its M-PESA code and the one that was reported beside it, the payout that waits, and
 * what a request has to say of amount, day and reference.
 */
export function knownOf(type: SubjectType | undefined, amounts: readonly Amount[], reported: readonly Reported[]): Known {
  const [first] = amounts;
  const receipt = first?.receipt ?? first?.lostReceipt;
  const named = reported.flatMap(({ receipts }) => receipts);
  const beside = named.find((each) => amounts.every((amount) => amount.receipt !== each));
  const line = amounts.find(({ what }) => what === 'statement')?.receipt;
  const other = beside ?? (type === 'payout' ? line : undefined) ?? (type === 'attempt' ? undefined : (named[0] ?? receipt)); // a task about a prompt is about what was said beside it
  const waiting = amounts.find(({ what, state }) => what === 'payout' && state === 'requested')?.id;
  const owed = amounts.find((amount) => amount.owed !== null)?.id;
  const repaid = owed && amounts.find((amount) => amount.what === 'deposit' && amount.owed === null)?.id;
  return {
    ...Object.fromEntries(amounts.map(({ what, id }) => [what, id]).reverse()),
    ...(receipt && { receipt }),
    ...(other && { other }),
    ...(waiting && { waiting }),
    ...(owed && { owed }),
    ...(repaid && { repaid }),
    ...needed(type, amounts),
  };
}

/** What is to be recorded, requested or entered, where the books or a statement say it. */
function needed(type: SubjectType | undefined, amounts: readonly Amount[]): Known {
  const line = amounts.find(({ what }) => what === 'statement');
  if (line?.at) return { amount: line.amount, on: nairobiDay(new Date(line.at)), ...(line.receipt && { line: line.receipt }) };
  const asked = amounts.find(({ what }) => what === (type === 'attempt' ? 'payment' : type));
  if (!asked || (type !== 'attempt' && type !== 'payout')) return {};
  return { amount: asked.amount, ...(type === 'attempt' && asked.reference && { reference: asked.reference }) };
}

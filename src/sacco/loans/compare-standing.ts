import type { LoanStanding } from './math/terms.ts';
import type { Recorded } from './read-recorded.ts';
import { PARTS, type Parts, partsOf } from './repayment-parts.ts';

type Penalty = Recorded['penalties'][number];

/**
 * What has to be written to bring the tables up to the computed standing. `moved` is by how much each part of the repayments grows or
 * shrinks.
 */
export type Differences = {
  instalments: Recorded['instalments'];
  charged: Penalty[];
  changed: { before: Penalty; after: Penalty }[];
  repayments: Recorded['repayments'];
  moved: Parts;
};

/**
 * Compares the computed standing of a loan with its tables. A penalty that no longer applies stays, as zero; what a repayment pays beyond
 * what is owed goes to savings.
 */
export function compareStanding(recorded: Recorded, standing: LoanStanding): Differences {
  const found: Differences = {
    ...{ instalments: [], charged: [], changed: [], repayments: [] },
    moved: { penalty: 0n, fee: 0n, interest: 0n, principal: 0n, savings: 0n },
  };
  const instalments = new Map(standing.instalments.map((one) => [one.number, one]));
  for (const before of recorded.instalments) {
    const after = pick(before, instalments.get(before.number) ?? before);
    if (differ(before, after)) found.instalments.push(after);
  }
  const penalties = new Map(standing.penalties.map((one) => [`${one.number} ${one.period}`, one]));
  for (const before of recorded.penalties) {
    const key = `${before.number} ${before.period}`;
    const after = penalties.get(key) ?? { ...before, amountCents: 0n, paidCents: 0n, waivedCents: 0n };
    if (differ(before, after)) found.changed.push({ before, after });
    penalties.delete(key);
  }
  found.charged.push(...penalties.values());
  const repayments = new Map(standing.repayments.map((one) => [one.id, one]));
  for (const before of recorded.repayments) {
    const paid = repayments.get(before.id);
    if (!paid) throw new Error('A repayment was not worked out.');
    const { penaltyCents, feeCents, interestCents, principalCents } = paid;
    const amountCents = penaltyCents + feeCents + interestCents + principalCents;
    const excessCents = before.amountCents + before.excessCents - amountCents; // amount and excess always add up to what was received
    const after = { id: before.id, amountCents, excessCents, penaltyCents, feeCents, interestCents, principalCents };
    if (!differ(before, after)) continue;
    found.repayments.push(after);
    const [was, is] = [partsOf(before), partsOf(after)];
    for (const part of PARTS) found.moved[part] += is[part] - was[part];
  }
  return found;
}

type Row = Record<string, unknown>;

const differ = <T extends Row>(before: T, after: Row): boolean => Object.keys(before).some((key) => before[key] !== after[key]);

const pick = <T extends Row>(shape: T, from: T): T => Object.fromEntries(Object.keys(shape).map((key) => [key, from[key]])) as T;

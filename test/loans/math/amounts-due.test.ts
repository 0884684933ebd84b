import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nairobiMoment } from '#ground/time/nairobi.ts';
import { amountsDue, taken } from '#sacco/loans/math/amounts-due.ts';
import { workOut } from '#sacco/loans/math/work-out.ts';
import { scaled } from '../../world/counts.ts';
import { histories, knownBy } from './histories.ts';

const money = fc.oneof(fc.bigInt(1n, 1_500n), fc.bigInt(1n, 30_000n)).map((shillings) => shillings * 100n);

test(
  'what a loan takes of new money it can use to the cent, and what settles it early closes it',
  () => {
    const met = { settled: 0, part: 0, saved: 0 };
    fc.assert(
      fc.property(histories, fc.nat(), money, fc.boolean(), ({ history: whole, upTo: end }, pick, amountCents, asks) => {
        const upTo = [...whole.instalments.map(({ dueOn }) => dueOn), end].at(pick % (whole.instalments.length + 1)) ?? end;
        const history = knownBy(whole, upTo);
        const { terms } = history;
        const before = workOut(history, upTo);
        const owed = amountsDue(before, terms, upTo);
        const { amountCents: takes, settles } = taken(before, terms, upTo, amountCents, asks);
        expect(0n <= takes && takes <= amountCents && takes <= owed.outstandingCents).toBe(true);
        const repayment = { id: 'new', receivedAt: new Date(nairobiMoment(upTo, 24).getTime() - 1), amountCents: takes, settles };
        const after = workOut({ ...history, repayments: [...history.repayments, repayment] }, upTo);
        expect(after.repayments.find(({ id }) => id === 'new')?.leftCents).toBe(0n);
        const owes = amountsDue(after, terms, upTo);
        if (settles) expect(owes).toEqual({ dueNowCents: 0n, next: undefined, outstandingCents: 0n, settlementCents: 0n });
        else expect(owes.outstandingCents).toBe(owed.outstandingCents - takes);
        if (!settles && takes < amountCents) expect(owed.dueNowCents === 0n || owes.dueNowCents === 0n).toBe(true);
        if (terms.excess === 'full' && !settles) expect(takes === amountCents || owes.outstandingCents === 0n).toBe(true);
        if (terms.excess === 'instalment' && !asks) expect(takes <= (owed.dueNowCents || (owed.next?.unpaidCents ?? 0n))).toBe(true);
        if (settles) met.settled++;
        else if (takes === amountCents) met.part++;
        else met.saved++;
      }),
      { numRuns: scaled(400), seed: 5 },
    );
    for (const [outcome, count] of Object.entries(met)) expect(count, outcome).toBeGreaterThan(scaled(20));
  },
  scaled(20_000),
);

test(
  'what is due now is a part of what is outstanding, and what settles early lies between',
  () => {
    fc.assert(
      fc.property(histories, ({ history, upTo }) => {
        const { dueNowCents, next, outstandingCents, settlementCents } = amountsDue(workOut(history, upTo), history.terms, upTo);
        expect(0n <= dueNowCents && dueNowCents <= settlementCents && settlementCents <= outstandingCents).toBe(true);
        if (history.terms.earlySettlement === 'all_interest') expect(settlementCents).toBe(outstandingCents);
        if (next) expect(next.dueOn > upTo && next.unpaidCents > 0n && next.unpaidCents <= outstandingCents - dueNowCents).toBe(true);
        else expect(dueNowCents).toBe(outstandingCents);
      }),
      { numRuns: scaled(300), seed: 6 },
    );
  },
  scaled(20_000),
);

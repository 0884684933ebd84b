import * as z from 'zod';
import { count, day, shillings } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const arrears = { loans: count, principal: shillings, overdue: shillings, penalties: shillings };

const Arrears = z
  .strictObject({
    asOf: day,
    classes: z.array(
      z.strictObject({
        class: z.enum(['performing', 'watch', 'substandard', 'doubtful', 'loss']),
        fromDays: z.literal([0, 1, 31, 91, 181]),
        ...arrears,
      }),
    ),
    total: z.strictObject(arrears),
    portfolioAtRisk: z.array(z.strictObject({ lateForMoreThanDays: count, principal: shillings, percent: z.number() })),
  })
  .meta({ id: 'Arrears' });

const evidence = {
  movements: count,
  amount: shillings,
  toldBy: z.record(z.string(), z.number()),
  provedBy: z.record(z.string(), z.number()),
  unproved: count,
  missed: count,
  recovered: count,
  recoveredPercent: z.number().nullable(),
};

const Evidence = z
  .strictObject({
    from: day,
    to: day,
    days: z.array(z.strictObject({ on: day, ...evidence })),
    total: z.strictObject(evidence),
  })
  .meta({ id: 'Evidence' });

export const reports: Part = {
  tag: 'Reports',
  about: 'Figures over days and over all loans. Days are days in Nairobi.',
  operations: {
    readArrears: operation(() => import('../../../netlify/functions/read-arrears.ts'), {
      summary: 'Read how late the loans are',
      description: "By SASRA's classes, with the portfolio at risk, today.",
      answer: Arrears,
    }),
    readEvidence: operation(() => import('../../../netlify/functions/read-evidence.ts'), {
      summary: 'Read what reported and proved the money that came',
      description:
        'By day: what reported first the money that came (callback, notice, query, status, pull, statement, person), what proved it, and how much of what was not reported was found without a person.',
      answer: Evidence,
    }),
  },
};

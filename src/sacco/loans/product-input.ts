import * as z from 'zod';
import { centsFromShillings } from '#ground/money/cents.ts';
import { line } from '#ground/text/line.ts';
import { COMPONENTS, DEFAULT_ORDER } from './math/allocation-order.ts';
import { loanFee } from './math/loan-fee.ts';
import { EARLY_SETTLEMENTS, EXCESS, FEE_CHARGED, METHODS, PENALTY_FREQUENCIES, PERIODS } from './math/terms.ts';

const LEAST_SENT_CENTS = 1_000n; // the least that a B2C payout may be
const MOST_SHILLINGS = 10_000_000;
const WHOLE = 10_000; // basis points

const PERCENTAGE = 'Write a percentage such as 1.5, with two decimals at most.';

/** A percentage as `1.5` or `"1.5"`, as basis points. */
const percent = (most: number) =>
  z.union([z.number(), z.string().regex(/^\d{1,5}(\.\d{1,2})?$/, PERCENTAGE)], { error: PERCENTAGE }).transform((value, context) => {
    const basisPoints = Math.round(Number(value) * 100);
    if (Math.abs(basisPoints - Number(value) * 100) < 1e-6 && basisPoints >= 0 && basisPoints <= most * 100) return basisPoints;
    context.addIssue({ code: 'custom', message: `A percentage is between 0 and ${most}, with two decimals at most.` });
    return z.NEVER;
  });

const amount = (least: number, words: string) =>
  z.number({ error: words }).int(words).min(least, words).max(MOST_SHILLINGS).transform(centsFromShillings);

const code = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'A code is made of small letters, digits and dashes.');
const frequency = z.enum(PENALTY_FREQUENCIES, { error: 'Say how often a penalty is charged: once, or per_period.' });

const late = {
  frequency,
  graceDays: z.number().int().min(0).max(365).default(0),
  /** Caps the sum of a loan's penalties, as a share of its principal. */
  capPercent: percent(1000).nullable().default(null),
  inDuplum: z.boolean().default(true),
};

const Penalty = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({ kind: z.literal('fixed'), amount: amount(1, 'A fixed penalty needs its amount, in whole shillings.'), ...late }),
    z.strictObject({
      kind: z.literal('percent'),
      percent: percent(100).refine(
        (basisPoints) => basisPoints > 0,
        'A penalty in percent needs a rate above 0; for no penalty send {"kind": "none"}.',
      ),
      ...late,
    }),
  ],
  { error: 'A penalty is {"kind": "none"}, {"kind": "fixed", "amount": ...} or {"kind": "percent", "percent": ...}.' },
);

const Fee = z.strictObject({
  amount: amount(0, 'A fee is a whole number of shillings.').default(0n),
  percent: percent(100).default(0),
  charged: z.enum(FEE_CHARGED, {
    error: 'Say how the fee is charged: deducted from what is sent, or with the instalments.',
  }),
});

/** Rules across fields are checked only once every field is valid: an invalid field has no amount to compare. */
const when = ({ issues }: { issues: unknown[] }): boolean => issues.length === 0;

const NO_FEE = { amount: 0n, percent: 0, charged: 'deducted' } as const;

const Product = z
  .strictObject({
    code,
    name: line(2, 60),
    method: z.enum(METHODS),
    period: z.enum(PERIODS),
    instalments: z.number().int().min(1, 'A loan has at least one instalment.').max(120, 'A loan has 120 instalments at most.'),
    /** For one instalment period. */
    interestPercent: percent(100).default(0),
    fee: Fee.default(NO_FEE),
    min: amount(100, 'The smallest loan is 100 shillings at least, and whole shillings.'),
    max: amount(100, 'The largest loan is a whole number of shillings.'),
    penalty: Penalty.default({ kind: 'none' }),
    allocationOrder: z
      .array(z.enum(COMPONENTS))
      .refine(
        (order) => order.length === COMPONENTS.length && new Set(order).size === COMPONENTS.length,
        'allocationOrder names penalty, fee, interest and principal, each once.',
      )
      .default([...DEFAULT_ORDER]),
    excess: z.enum(EXCESS).default('instalment'),
    earlySettlement: z.enum(EARLY_SETTLEMENTS).default('all_interest'),
  })
  .refine(({ min, max }) => min <= max, { when, path: ['max'], message: 'The largest loan (max) is not below the smallest (min).' })
  .refine(
    ({ method, instalments, interestPercent }) => interestPercent * (method === 'flat' ? instalments : (instalments + 1) / 2) <= WHOLE,
    {
      when,
      path: ['interestPercent'],
      message:
        'All interest together would be more than the principal: interestPercent is for one instalment period, not for the whole loan or a year.',
    },
  )
  .refine(
    ({ fee, min }) =>
      fee.charged === 'instalments' || min - loanFee({ feeCents: fee.amount, feeBasisPoints: fee.percent }, min) >= LEAST_SENT_CENTS,
    {
      when,
      path: ['fee'],
      message: 'Less the fee, the smallest loan is less than the 10 shillings that M-PESA sends at least.',
    },
  );
export type Product = z.output<typeof Product>;

/** Products to add or change, by code, and codes to retire; the others stay. Loans keep the terms that they were applied for with. */
export const PutProductsInput = z
  .strictObject({ products: z.array(Product).max(50).default([]), retire: z.array(code).max(50).default([]) })
  .refine(({ products, retire }) => products.length + retire.length > 0, 'Send products to add or change, or codes to retire.')
  .refine(({ products, retire }) => {
    const codes = [...products.map((product) => product.code), ...retire];
    return new Set(codes).size === codes.length;
  }, 'A code is named once.');

import * as z from 'zod';
import { centsFromShillings } from '#ground/money/cents.ts';

const MOST_PARTS = 20;

const id = z.uuid();
const amount = z.number().int('M-PESA moves whole shillings.').min(1).transform(centsFromShillings).optional();

const PART = '{paymentId} or {standingReference, amount?}';

/** A payment is paid whole: its amount is only checked. A loan or an account takes any amount, and without one the rest. */
const toPayment = { paymentId: z.uuid(), amount };
const toStanding = { standingReference: z.string().trim().min(1).max(64), amount };
const Part = z.union([z.strictObject(toPayment), z.strictObject(toStanding)], { error: `A part is ${PART}.` });
export type MatchPart = z.output<typeof Part>;

const paymentsIn = (parts: MatchPart[]) => parts.flatMap((part) => ('paymentId' in part ? part.paymentId : []));
const takingTheRest = (parts: MatchPart[]) => parts.filter((part) => 'standingReference' in part && part.amount === undefined);

/** What a deposit, or each part of it, pays: owed payments, loans, accounts. */
export const MatchInput = z.union(
  [
    z.strictObject({ id, ...toPayment }).transform(({ id, ...part }) => ({ id, parts: [part] })),
    z.strictObject({ id, ...toStanding }).transform(({ id, ...part }) => ({ id, parts: [part] })),
    z.strictObject({
      id,
      parts: z
        .array(Part)
        .min(1)
        .max(MOST_PARTS)
        .refine((parts) => new Set(paymentsIn(parts)).size === paymentsIn(parts).length, 'Name each payment once.')
        .refine((parts) => takingTheRest(parts).length <= 1, 'Only one part may take the rest: give all others an amount.'),
    }),
  ],
  { error: `Send ${PART}, or several of them in parts. Amounts are whole shillings.` },
);
export type MatchInput = { id: string; parts: MatchPart[] };

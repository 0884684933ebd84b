import * as z from 'zod';
import { centsFromShillings } from '#ground/money/cents.ts';

const MOST_PARTS = 20;

const id = z.uuid();
/** In one spelling: it is compared as text, so that none is named twice. */
export const receivable = z.uuid().toLowerCase();
const amount = z.number().int('M-PESA moves whole shillings.').min(1).transform(centsFromShillings).optional();

const PART = '{paymentId}, {standingReference, amount?} or {receivable, amount?}';

/** A payment is paid whole: its amount is only checked. A loan or an account takes any amount, and without one the rest. */
const toPayment = { paymentId: z.uuid(), amount };
const toStanding = { standingReference: z.string().trim().min(1).max(64), amount };
/** What somebody owes us because too much was given back: the subject of its task, a payout or a deposit. */
const toReceivable = { receivable, amount };
const Part = z.union([z.strictObject(toPayment), z.strictObject(toStanding), z.strictObject(toReceivable)], {
  error: `A part is ${PART}.`,
});
export type MatchPart = z.output<typeof Part>;

const paymentsIn = (parts: MatchPart[]) => parts.flatMap((part) => ('paymentId' in part ? part.paymentId : []));
const receivablesIn = (parts: MatchPart[]) => parts.flatMap((part) => ('receivable' in part ? part.receivable : []));
const takingTheRest = (parts: MatchPart[]) => parts.filter((part) => !('paymentId' in part) && part.amount === undefined);

/** What a deposit, or each part of it, pays: owed payments, loans, accounts, what somebody owes us back. */
export const MatchInput = z.union(
  [
    z.strictObject({ id, ...toPayment }).transform(({ id, ...part }) => ({ id, parts: [part] })),
    z.strictObject({ id, ...toStanding }).transform(({ id, ...part }) => ({ id, parts: [part] })),
    z.strictObject({ id, ...toReceivable }).transform(({ id, ...part }) => ({ id, parts: [part] })),
    z.strictObject({
      id,
      parts: z
        .array(Part)
        .min(1)
        .max(MOST_PARTS)
        .refine((parts) => new Set(paymentsIn(parts)).size === paymentsIn(parts).length, 'Name each payment once.')
        .refine((parts) => new Set(receivablesIn(parts)).size === receivablesIn(parts).length, 'Name each receivable once.')
        .refine((parts) => takingTheRest(parts).length <= 1, 'Only one part may take the rest: give all others an amount.'),
    }),
  ],
  { error: `Send ${PART}, or several of them in parts. Amounts are whole shillings.` },
);
export type MatchInput = { id: string; parts: MatchPart[] };

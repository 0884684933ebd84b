import * as z from 'zod';
import { FLOAT_ENTRY_KINDS, FLOAT_ENTRY_STATES } from '#mpesa/float/float.schema.ts';
import { actor, day, id, shillings, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const kind = z.enum(FLOAT_ENTRY_KINDS);

const FloatEntry = z
  .strictObject({
    entryId: id,
    kind,
    state: z.enum(FLOAT_ENTRY_STATES),
    shortcode: z.string(),
    amount: shillings,
    on: day,
    note: z.string().nullable(),
    receipt: z.string().nullable(),
    depositId: id.nullable(),
    paymentId: id.nullable(),
    loanId: id.nullable(),
    bookingId: id.nullable(),
    provedBy: z.enum(['balance', 'statement']).nullable(),
    askedBy: actor,
    askedAt: time,
    decidedBy: actor.nullable(),
    decidedAt: time.nullable(),
    decisionNote: z.string().nullable(),
    warning: z.string().optional(),
  })
  .meta({ id: 'FloatEntry' });

const EntryPage = z
  .strictObject({
    entries: z.array(FloatEntry),
    nextBefore: id.nullable(),
    ...totals,
    unexplained: z.array(
      z.strictObject({ shortcode: z.string(), amount: shillings, words: z.string(), sinceAt: time, firstAt: time, foundAt: time }),
    ),
    beforeTheFirstBalance: z.array(z.strictObject({ shortcode: z.string(), amount: shillings, words: z.string(), openedAt: time })),
  })
  .meta({ id: 'FloatEntryPage', description: '`unexplained` is what the balance watch cannot explain.' });

const Decided = z.strictObject({ entryId: id, state: z.string() }).meta({ id: 'FloatEntryDecided' });

export const float: Part = {
  tag: 'Float entries',
  about:
    'Top-ups from the bank, sweeps to it, charges, and what was paid by hand in the portal: requested by one person, booked by another.',
  operations: {
    askFloatEntry: operation(() => import('../../../netlify/functions/ask-float-entry.ts'), {
      summary: 'Request that a movement of our own is booked',
      description:
        "A top-up from the bank, a sweep to it or a charge; or a payment by hand in the portal: kind `paid_out`, with `receipt`, and for a refund `depositId` or `paymentId` (which also says which payment a reversal reversed where its statement does not), for a loan `loanId`, for a booking's decided fee `bookingId`.",
      answer: z
        .strictObject({
          entryId: id,
          state: z.literal('asked'),
          kind,
          shortcode: z.string(),
          amount: shillings,
          on: day,
          receipt: z.string().optional(),
        })
        .meta({ id: 'FloatEntryAsked' }),
      problems: ['receipt_known', 'unknown_shortcode'],
      takesKey: true,
    }),
    listFloatEntries: operation(() => import('../../../netlify/functions/list-float-entries.ts'), {
      summary: 'List them, and what nothing explains',
      answer: EntryPage,
    }),
    approveFloatEntry: operation(() => import('../../../netlify/functions/approve-float-entry.ts'), {
      summary: 'Book a movement of our own',
      description:
        "By a second person, once: a top-up only when Safaricom's balance shows it, a sweep or charge only as far as that much was there, a payment by hand only when a signed statement has its line.",
      answer: Decided,
      problems: [
        ...(['amount_mismatch', 'booking_decided', 'booking_not_decided', 'booking_not_found', 'booking_not_held'] as const),
        ...(['deposit_not_found', 'deposit_refuted', 'entry_decided', 'entry_not_found', 'entry_not_shown', 'loan_not_approved'] as const),
        ...(['loan_not_found', 'own_loan', 'paid_out_not_shown', 'payer_unknown', 'payout_under_way', 'receipt_known'] as const),
        ...(['receipt_unconfirmed', 'refund_too_large', 'reversed_elsewhere', 'second_person_needed', 'top_up_not_proved'] as const),
      ],
    }),
    rejectFloatEntry: operation(() => import('../../../netlify/functions/reject-float-entry.ts'), {
      summary: 'Reject a movement of our own',
      answer: Decided,
      problems: ['entry_decided', 'entry_not_found', 'second_person_needed'],
    }),
  },
};

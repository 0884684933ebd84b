import * as z from 'zod';
import { actor, count, id, shillings, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const bulk = {
  bulkId: id,
  reference: z.string(),
  state: z.enum(['requested', 'declined', 'approved', 'started', 'cancelled']),
  hash: z.string(),
  reason: z.string(),
  amount: shillings,
  requestedBy: actor,
  requestedAt: time,
  decidedBy: actor.nullable(),
  decidedAt: time.nullable(),
  cancelledBy: actor.nullable(),
  cancelledAt: time.nullable(),
};

const BulkLine = z
  .strictObject({
    line: count,
    state: z.enum(['waiting', 'reserved', 'sent', 'unknown', 'partly_paid', 'paid', 'failed', 'cancelled']),
    amount: shillings,
    maskedPhone: z.string(),
    phoneNumber: z.string().describe('The whole number, for whoever may approve it.').optional(),
    name: z.string().nullable(),
    reference: z.string().nullable(),
    payoutId: id.nullable(),
    receipt: z.string().nullable(),
    why: z.string().nullable(),
    repeats: z.array(z.strictObject({ line: count.nullable(), payout: z.string().nullable(), requestedAt: time.nullable() })),
  })
  .meta({ id: 'BulkLine', description: 'A payment of a file. `repeats` are others of the same phone and amount.' });

const BulkPayout = z
  .strictObject({
    ...bulk,
    progress: z.record(z.string(), z.strictObject({ lines: count, amount: shillings })),
    repeats: count,
    float: z.strictObject({ available: shillings, short: shillings }),
    stopped: z.strictObject({ reason: z.string(), since: time }).nullable(),
    lines: z.array(BulkLine),
    nextCursor: z.string().nullable(),
    ...totals,
  })
  .meta({ id: 'BulkPayout' });

const ListedBulkPayout = z.strictObject({ ...bulk, lines: count }).meta({ id: 'ListedBulkPayout' });

export const bulkPayouts: Part = {
  tag: 'Bulk payouts',
  about: 'Many payouts from one file: each line checked, one approval for the whole, each paid once.',
  operations: {
    requestBulkPayout: operation(() => import('../../../netlify/functions/request-bulk-payout.ts'), {
      summary: 'Send a file of payments',
      description:
        'A CSV, or JSON lines, as the body. Of a file in which a line is wrong nothing is kept: `errors` names `line`, `column` and `message`.',
      answer: z
        .strictObject({
          bulkId: id,
          reference: z.string(),
          state: z.string(),
          hash: z.string(),
          lines: count,
          amount: shillings,
          repeats: count,
        })
        .meta({ id: 'BulkPayoutRequested' }),
      problems: ['bulk_repeated', 'bulk_unreadable', 'payouts_not_configured'],
    }),
    listBulkPayouts: operation(() => import('../../../netlify/functions/list-bulk-payouts.ts'), {
      summary: 'List bulk payouts',
      answer: z
        .strictObject({ bulkPayouts: z.array(ListedBulkPayout), nextCursor: z.string().nullable(), ...totals })
        .meta({ id: 'BulkPayoutPage' }),
    }),
    readBulkPayout: operation(() => import('../../../netlify/functions/read-bulk-payout.ts'), {
      summary: 'Read a bulk payout',
      description: 'With its progress, the float, how many lines repeat others, and a page of its lines.',
      answer: BulkPayout,
      problems: ['bulk_not_found'],
    }),
    decideBulkPayout: operation(() => import('../../../netlify/functions/decide-bulk-payout.ts'), {
      summary: 'Approve or decline a bulk payout',
      description: 'All its lines, by the `hash` of those that were read; by a second person as one payout of the total.',
      answer: z
        .strictObject({ bulkId: id, state: z.enum(['declined', 'approved']), waits: z.string().optional() })
        .meta({ id: 'BulkPayoutDecided' }),
      problems: ['bulk_changed', 'bulk_decided', 'bulk_not_found', 'insufficient_float', 'payout_under_way', 'second_person_needed'],
    }),
    cancelBulkPayout: operation(() => import('../../../netlify/functions/cancel-bulk-payout.ts'), {
      summary: 'Cancel what has not left of a bulk payout',
      answer: z
        .strictObject({ bulkId: id, state: z.string(), cancelled: z.strictObject({ lines: count, amount: shillings }) })
        .meta({ id: 'BulkPayoutCancelled' }),
      problems: ['bulk_ended', 'bulk_not_found'],
    }),
  },
};

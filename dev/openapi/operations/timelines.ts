import * as z from 'zod';
import { actor, id, shillings, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const entry = {
  at: time,
  kind: z.string(),
  says: z.string().describe('What happened, in a sentence.'),
  amount: shillings.nullable(),
  ids: z.record(z.string(), z.string()).describe('What it concerns: `paymentId`, `payoutId` and the like.'),
  links: z.array(z.string()).describe('Where to read that.'),
};

const OwnEntry = z.strictObject(entry).meta({ id: 'TimelineEntry' });

const StaffEntry = z
  .strictObject({
    ...entry,
    by: actor.nullable().describe('Who did it; null for what happened by itself.'),
    name: z.string().nullable().describe('Their name, for whoever may read members.'),
    requestId: z.string().nullable(),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
  })
  .meta({ id: 'StaffTimelineEntry', description: 'What staff and keys see of an entry.' });

const page = { entries: z.array(z.union([OwnEntry, StaffEntry])), nextCursor: z.string().nullable(), ...totals };

const AuditEntry = z
  .strictObject({
    auditId: id,
    at: time,
    by: actor,
    name: z.string().nullable(),
    action: z.string(),
    says: z.string().describe('What was done, in a sentence.'),
    subject: z.string(),
    link: z.string().nullable(),
    before: z.unknown(),
    after: z.unknown(),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' });

export const timelines: Part = {
  tag: 'Timelines and the audit trail',
  about:
    'All that happened to something, oldest first. Customers and members see what they did, what came of it and what was paid, and never what staff did or wrote. Staff also see what Safaricom said (by its meaning, never its words), messages, the trail, and who did it; tasks where they may read tasks.',
  operations: {
    readPaymentTimeline: operation(() => import('../../../netlify/functions/read-payment-timeline.ts'), {
      summary: 'Read all that happened to a payment',
      description: 'Customers read those of their own number.',
      answer: z.strictObject({ paymentId: id, ...page }).meta({ id: 'PaymentTimeline' }),
      problems: ['payment_not_found'],
    }),
    readBookingTimeline: operation(() => import('../../../netlify/functions/read-booking-timeline.ts'), {
      summary: 'Read all that happened to a booking',
      description: 'And to its fee. Customers read those of their own number.',
      answer: z.strictObject({ bookingId: id, ...page }).meta({ id: 'BookingTimeline' }),
      problems: ['booking_not_found'],
    }),
    readPayoutTimeline: operation(() => import('../../../netlify/functions/read-payout-timeline.ts'), {
      summary: 'Read all that happened to a payout',
      description: 'And to its parts.',
      answer: z.strictObject({ payoutId: id, ...page }).meta({ id: 'PayoutTimeline' }),
      problems: ['payout_not_found'],
    }),
    readLoanTimeline: operation(() => import('../../../netlify/functions/read-loan-timeline.ts'), {
      summary: 'Read all that happened to a loan',
      description: 'Members read their own.',
      answer: z.strictObject({ loanId: id, ...page }).meta({ id: 'LoanTimeline' }),
      problems: ['loan_not_found'],
    }),
    readMemberTimeline: operation(() => import('../../../netlify/functions/read-member-timeline.ts'), {
      summary: 'Read all that happened to a member',
      description: 'Members read their own: the id is `me`.',
      answer: z.strictObject({ memberId: z.union([z.literal('me'), id]), ...page }).meta({ id: 'MemberTimeline' }),
      problems: ['member_not_found'],
    }),
    listAudit: operation(() => import('../../../netlify/functions/list-audit.ts'), {
      summary: 'Read who did what',
      description:
        'Newest first, by `subject` (an id), `actor` (`person:<id>`, `key:<id>`, `me`, `visitor`, `operator`, `safaricom`, `malipo`), `action`, and days. No key reads it.',
      answer: z.strictObject({ entries: z.array(AuditEntry), nextCursor: z.string().nullable(), ...totals }).meta({ id: 'AuditPage' }),
    }),
  },
};

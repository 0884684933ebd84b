import * as z from 'zod';

/** Everything we can promise to say, by id; what is said is read when it is said. */
export const Message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('invoice_email'), invoiceId: z.uuid() }),
  z.object({ kind: z.literal('dispatch_withdrawal'), withdrawalId: z.uuid() }),
  z.object({ kind: z.literal('refund_paid'), payoutId: z.uuid() }),
  z.object({ kind: z.literal('alert'), reviewId: z.uuid() }),
]);
export type Message = z.output<typeof Message>;

import * as z from 'zod';

const tellings = ['callback', 'confirmation', 'result', 'time-out'] as const;
/** The kinds of messages to the merchant: about a prompt, a payment, a request, or a request's time in the queue. */
export type Telling = (typeof tellings)[number];

/** A period in which messages of these kinds are lost for good. */
export const OutageOrder = z.strictObject({
  what: z.array(z.enum(tellings)).min(1).default(['confirmation']),
  /** How long from now the period begins. */
  afterMs: z.int().min(0).default(0),
  forMs: z.int().min(1),
});
export type OutageInput = z.input<typeof OutageOrder>;
export type Outage = { what: Telling[]; from: number; until: number };

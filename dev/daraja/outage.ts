import * as z from 'zod';

const tellings = ['callback', 'confirmation', 'result', 'time-out'] as const;
/** What the merchant is told: of a prompt, of a payment, of a request, or of its queue. */
export type Telling = (typeof tellings)[number];

/** A time in which nothing of these kinds is delivered. It never comes later. */
export const OutageOrder = z.strictObject({
  what: z.array(z.enum(tellings)).min(1).default(['confirmation']),
  /** From now until it begins. */
  afterMs: z.int().min(0).default(0),
  forMs: z.int().min(1),
});
export type OutageInput = z.input<typeof OutageOrder>;
export type Outage = { what: Telling[]; from: number; until: number };

import * as z from 'zod';
import type { Network } from './network.ts';
import { note } from './network.ts';

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

/** Arranges an outage. */
export function arrangeOutage(network: Network, { what, afterMs, forMs }: z.output<typeof OutageOrder>): void {
  const from = network.clock.now().getTime() + afterMs;
  network.arranged.outages.push({ what, from, until: from + forMs });
  note(network, `An outage was arranged: no ${what.join(', ')} for ${forMs} ms.`);
}

/** Whether what is told now is lost. */
export function isOut({ arranged, clock }: Network, telling: Telling): boolean {
  const now = clock.now().getTime();
  return arranged.outages.some(({ what, from, until }) => what.includes(telling) && from <= now && now < until);
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { inOneBatch, instant, rowOf } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { bookingObjects } from './objects/booking-object.ts';
import { depositObjects } from './objects/deposit-object.ts';
import { type EventObjects, VERSION, Versioned } from './objects/event-object.ts';
import { invoiceObjects } from './objects/invoice-object.ts';
import { loanObjects, repaymentObjects } from './objects/loan-object.ts';
import { memberObjects } from './objects/member-object.ts';
import { paymentObjects } from './objects/payment-object.ts';
import { payoutObjects } from './objects/payout-object.ts';

/** An event as it is kept: what happened, to what, when. */
export const KeptEvent = z.object({ eventId: z.uuid(), type: z.string(), subjectId: z.uuid().nullable(), happenedAt: instant });
export type KeptEvent = z.output<typeof KeptEvent>;

const OBJECTS: Record<string, EventObjects> = {
  ...{ payment: paymentObjects, booking: bookingObjects, payout: payoutObjects, invoice: invoiceObjects, deposit: depositObjects },
  ...{ loan: loanObjects, repayment: repaymentObjects, member: memberObjects },
};

const ABOUT_REPAYMENTS = ['loan.repaid', 'loan.repayment_reversed'];

const kindOf = (type: string): string => (ABOUT_REPAYMENTS.includes(type) ? 'repayment' : (type.split('.')[0] ?? type));

/**
 * The body of each event, by its id: what happened, and the object as it stands now; all are read in one round trip. The object may stand further on than an earlier
 * event says: whoever reads them in any order ends with the greatest version.
 */
export async function composeEvents({ db, clock }: Pick<App, 'db' | 'clock'>, events: readonly KeptEvent[]): Promise<Map<string, string>> {
  const kinds = [...Map.groupBy(events, ({ type }) => kindOf(type))].flatMap(([kind, about]) => {
    const objects = OBJECTS[kind];
    return objects ? [{ kind, objects, ids: about.flatMap(({ subjectId }) => subjectId ?? []) }] : [];
  });
  const [read, ...results] = await inOneBatch(db, [sql`select ${VERSION}`, ...kinds.map(({ objects, ids }) => objects.select(ids))]);
  const { version } = rowOf(Versioned.pick({ version: true }), read?.rows);
  const found = kinds.flatMap(({ kind, objects }, n) =>
    objects.read(results[n]?.rows, clock.now()).map((one) => [`${kind}:${one.id}`, one] as const),
  );
  const states = new Map(found);
  return new Map(
    events.map(({ eventId: id, type, subjectId, happenedAt }) => {
      const kind = kindOf(type);
      const now = states.get(`${kind}:${subjectId}`);
      const said = { id, type, timestamp: happenedAt.toISOString(), version: now?.version ?? version };
      return [id, JSON.stringify({ ...said, data: now?.state ?? { object: kind } })];
    }),
  );
}

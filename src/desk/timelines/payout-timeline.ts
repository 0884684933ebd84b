import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { MONEY_OUT } from './money-out.ts';
import { readTimeline, timelineInput } from './read-timeline.ts';
import { idsOf } from './things.ts';

export const PayoutTimelineInput = timelineInput(z.uuid());

/** What happened to a payout and to each of its parts. Throws `payout_not_found`. */
export async function readPayoutTimeline(
  { db }: Pick<App, 'db'>,
  { id, ...page }: z.output<typeof PayoutTimelineInput>,
  { caller }: Pick<Call, 'caller'>,
) {
  const root = sql`select o.id from payouts o where o.id = ${id}::uuid`;
  const withdrawal = sql`select w.id from withdrawals w where w.payout_id = any(${idsOf('payout')})`;
  const timeline = { root, sources: MONEY_OUT, things: { payout: root, withdrawal } };
  const found = await readTimeline(db, timeline, { ...page, right: 'payouts:request', caller });
  if (!found) throw new AppError('payout_not_found', 'There is no such payout.');
  return { payoutId: id, ...found };
}

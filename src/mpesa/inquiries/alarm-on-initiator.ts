import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '#ground/db/rows.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { resultReason } from '../daraja/payout-result-codes.ts';
import { payingShortcode } from '../float/paying-shortcode.ts';
import { stopDispatch } from '../payouts/stop-dispatch.ts';
import type { Core } from '../wiring/app.ts';
import type { SettledBalance } from './settle-balance-result.ts';

/** Stops payouts and the hourly inquiry when an answer blames the initiator's name or password: more tries would lock the initiator. */
export async function alarmOnInitiator(
  { db, clock }: Pick<Core, 'db' | 'clock'>,
  verdict: string,
  resultCode: string | undefined,
): Promise<void> {
  const blamed = blames(verdict, resultCode);
  if (blamed) await stopDispatch(db, blamed, clock.now());
}

/**
 * The same for a balance. An initiator belongs to one short code, so another short code may not know it, which says nothing about payouts. That opens
 * `balance_unknown` for the other short code instead, which is then asked once a day (ask-balance.ts).
 */
export async function alarmOnBalance(core: Core, { verdict, resultCode, inquiryId }: SettledBalance): Promise<void> {
  if (!blames(verdict, resultCode)) return;
  const [asked] = await readRows(
    core.db,
    z.object({ shortcode: z.string() }),
    sql`select shortcode from inquiries where id = ${inquiryId}::uuid and shortcode <> ${payingShortcode(core.config)}`,
  );
  if (!asked) return alarmOnInitiator(core, verdict, resultCode);
  await openTask(core.db, { kind: 'balance_unknown', subject: asked.shortcode, openedAt: core.clock.now() });
}

function blames(verdict: string, resultCode: string | undefined): 'wrong_credentials' | 'initiator_locked' | undefined {
  if (verdict !== 'answers' || resultCode === undefined || resultCode === '0') return undefined;
  const { word } = resultReason(resultCode);
  return word === 'wrong_credentials' || word === 'initiator_locked' ? word : undefined;
}

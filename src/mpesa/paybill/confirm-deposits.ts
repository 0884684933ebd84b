import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { readRows } from '#ground/db/rows.ts';
import { openTasksSql } from '#ground/tasks/open-review.ts';
import { DarajaError } from '../daraja/errors.ts';
import type { App } from '../wiring/app.ts';

const BATCH = 20;
const AT_ONCE = 4;

const Claimed = z.object({ id: z.uuid(), receipt: z.string(), shortcode: z.string().nullable() });

/**
 * Asks Safaricom about unproved receipts: those from a notice alone, or from a callback whose payer could not be read. It asks 2 minutes
 * after the notice, then 10 minutes, an hour, 6 and 24 hours later, and then opens a task. Without an initiator, or while payouts are
 * stopped, deposits stay unproved. Safe at any frequency and in parallel.
 */
export async function confirmDeposits(app: App, deadline: Date): Promise<{ asked: number }> {
  const done = { asked: 0 };
  if (!app.config.initiator) return done;
  while (app.clock.now() < deadline) {
    const claimed = await claim(app);
    const queue = [...claimed];
    const work = async () => {
      for (let deposit = queue.shift(); deposit && app.clock.now() < deadline; deposit = queue.shift())
        done.asked += (await ask(app, deposit)) ? 1 : 0;
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (claimed.length < BATCH) break;
  }
  await giveUp(app);
  return done;
}

/** The new due time is both the lease and the next step; after the last step it is when a task is opened. */
const claim = ({ db, clock }: App) => {
  const at = sql`${clock.now().toISOString()}::timestamptz`;
  return readRows(
    db,
    Claimed,
    sql`
    update deposits set confirmation_tries = confirmation_tries + 1,
      confirmation_due_at = ${at} + (array['10 minutes', '1 hour', '6 hours', '24 hours', '1 hour'])[confirmation_tries + 1]::interval
    where id = any(array(
      select id from deposits where confirmation_due_at <= ${at} and receipt_proved_at is null and receipt is not null and refuted_at is null and confirmation_tries < 5
        and not exists (select from stops where name = 'payouts')
      order by confirmation_due_at limit ${BATCH} for update skip locked))
    returning id, receipt, shortcode`,
  );
};

async function ask({ daraja, config, log }: App, { id, receipt, shortcode }: z.output<typeof Claimed>): Promise<boolean> {
  const url = `${config.site.url}/api/callbacks/deposit-status/${makeCallbackToken(config.callback.tokenKeys, 'deposit-status', id)}`;
  try {
    await daraja.askTransactionStatus({
      receipt,
      shortcode: shortcode ?? config.mpesa.shortcode,
      remarks: 'Receipt',
      resultUrl: `${url}/result`,
      timeoutUrl: `${url}/timeout`,
    });
    return true;
  } catch (error) {
    if (!(error instanceof DarajaError)) throw error;
    log.warn('deposit_status_not_asked', { depositId: id, kind: error.kind, reason: error.reason, errorCode: error.errorCode });
    return false;
  }
}

/**
 * Opens tasks for receipts that five questions did not prove, to be looked up on the M-PESA statement; a receipt that a prompt has by a
 * guess counts as missing.
 */
const giveUp = ({ db, clock }: App) =>
  db.execute(sql`
  with given_up as (
    update deposits set confirmation_due_at = null
    where id = (
      select id from deposits where confirmation_due_at <= ${clock.now().toISOString()}::timestamptz and receipt_proved_at is null and confirmation_tries >= 5
      order by confirmation_due_at limit 1 for update skip locked)
    returning id, confirmed_at
  ), ${openTasksSql({ kind: sql`case when confirmed_at is null then 'deposit_unconfirmed' else 'receipt_missing' end`, subject: sql`id::text`, openedAt: clock.now(), from: sql`given_up` })}
  select`);

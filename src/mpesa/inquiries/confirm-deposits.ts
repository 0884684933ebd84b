import { type SQL, sql } from 'drizzle-orm';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { DarajaError } from '../daraja/errors.ts';
import { claimUnproved, giveUpProving, type Unproved, unprovedDueSql } from '../payments/claim-unproved.ts';
import type { App } from '../wiring/app.ts';

const BATCH = 20;
const AT_ONCE = 4;

const ARE_STOPPED = sql`exists (select from stops where name = 'payouts')`;

/**
 * Asks Safaricom about unproved receipts: those from a notice alone, or from a callback whose payer could not be read. It asks 2 minutes
 * after the notice, then 10 minutes, an hour, 6 and 24 hours later, and then opens a task. Without an initiator, or while payouts are
 * stopped, deposits stay unproved. Safe at any frequency and in parallel.
 */
export async function confirmDeposits(app: App, deadline: Date): Promise<{ asked: number }> {
  const done = { asked: 0 };
  if (!app.config.initiator) return done;
  while (app.clock.now() < deadline) {
    const claimed = await claimUnproved(app.db, { now: app.clock.now(), most: BATCH, unless: ARE_STOPPED });
    const queue = [...claimed];
    const work = async () => {
      for (let deposit = queue.shift(); deposit && app.clock.now() < deadline; deposit = queue.shift())
        done.asked += (await ask(app, deposit)) ? 1 : 0;
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (claimed.length < BATCH) break;
  }
  await giveUpProving(app.db, app.clock.now());
  return done;
}

async function ask({ daraja, config, log }: App, { id, receipt, shortcode }: Unproved): Promise<boolean> {
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

/** When a receipt is next due to be asked about, as a value in a statement; null without an initiator. */
export const confirmingDueSql = ({ config }: Pick<App, 'config'>): SQL => (config.initiator ? unprovedDueSql(ARE_STOPPED) : sql`null`);

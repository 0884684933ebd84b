import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { alarmOnInitiator } from '#mpesa/inquiries/alarm-on-initiator.ts';
import { settleStatusResult } from '#mpesa/inquiries/settle-status-result.ts';
import { allocate } from '#mpesa/payments/allocate.ts';

/** Safaricom tells us what became of a transaction. */
export default callback('transaction-status', settleStatusResult, async (core, { verdict, result, depositId }) => {
  if (depositId) await allocate(core, depositId);
  await alarmOnInitiator(core, verdict, result.resultCode);
});

export const config: Config = { path: '/api/callbacks/transaction-status/:token/result', method: 'POST' };

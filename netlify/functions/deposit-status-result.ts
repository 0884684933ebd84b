import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { alarmOnInitiator } from '#mpesa/inquiries/alarm-on-initiator.ts';
import { settleDepositStatus } from '#mpesa/paybill/settle-deposit-status.ts';
import { allocate } from '#mpesa/payments/allocate.ts';

/** Safaricom tells us whether the receipt of a paybill payment is real. */
export default callback('deposit-status', settleDepositStatus, async (core, { resultCode, depositId }) => {
  if (depositId) await allocate(core, depositId);
  await alarmOnInitiator(core, 'answers', resultCode);
});

export const config: Config = { path: '/api/callbacks/deposit-status/:token/result', method: 'POST' };

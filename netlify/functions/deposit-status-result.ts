import type { Config } from '@netlify/functions';
import { callback } from '../../src/http/callback.ts';
import { alarmOnInitiator } from '../../src/inquiries/alarm-on-initiator.ts';
import { settleDepositStatus } from '../../src/paybill/settle-deposit-status.ts';
import { allocate } from '../../src/payments/allocate.ts';

/** Safaricom tells us whether the receipt of a paybill payment is real. */
export default callback('deposit-status', settleDepositStatus, async (core, { resultCode, depositId }) => {
  if (depositId) await allocate(core, depositId);
  await alarmOnInitiator(core, 'answers', resultCode);
});

export const config: Config = { path: '/api/callbacks/deposit-status/:token/result', method: 'POST' };

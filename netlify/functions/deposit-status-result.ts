import type { Config } from '@netlify/functions';
import { callback } from '../../src/http/callback.ts';
import { alarmOnInitiator } from '../../src/inquiries/alarm-on-initiator.ts';
import { settleDepositStatus } from '../../src/paybill/settle-deposit-status.ts';

/** Safaricom tells us whether the receipt of a paybill payment is real. */
export default callback('deposit-status', settleDepositStatus, (core, { resultCode }) => alarmOnInitiator(core, 'answers', resultCode));

export const config: Config = { path: '/api/callbacks/deposit-status/:token/result', method: 'POST' };

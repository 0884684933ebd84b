import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { alarmOnBalance } from '#mpesa/inquiries/alarm-on-initiator.ts';
import { settleBalanceResult } from '#mpesa/inquiries/settle-balance-result.ts';

/** Safaricom tells us the balances of the paybill's accounts. */
export default callback('account-balance', settleBalanceResult, alarmOnBalance);

export const config: Config = { path: '/api/callbacks/account-balance/:token/result', method: 'POST' };

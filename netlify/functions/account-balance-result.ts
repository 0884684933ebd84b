import type { Config } from '@netlify/functions';
import { callback } from '../../src/http/callback.ts';
import { alarmOnBalance } from '../../src/inquiries/alarm-on-initiator.ts';
import { settleBalanceResult } from '../../src/inquiries/settle-balance-result.ts';

/** Safaricom tells us what stands on the paybill. */
export default callback('account-balance', settleBalanceResult, alarmOnBalance);

export const config: Config = { path: '/api/callbacks/account-balance/:token/result', method: 'POST' };

import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { settleConfirmation } from '#mpesa/paybill/settle-confirmation.ts';
import { allocate } from '#mpesa/payments/allocate.ts';

/** Safaricom tells us that somebody has paid the paybill or till. */
export default callback(
  'c2b',
  (core, _paybill, body) => settleConfirmation(core, body),
  async (core, { depositId }) => depositId && allocate(core, depositId),
  { acknowledges: { ResultCode: 0, ResultDesc: 'Success' } },
);

export const config: Config = { path: '/api/callbacks/c2b/:token/confirmation', method: 'POST' };

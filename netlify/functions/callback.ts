import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleStkCallback } from '#mpesa/payments/settle-stk-callback.ts';

/** Safaricom tells us how a prompt ended. */
export default callback('stk', settleStkCallback, async (app, { depositId }) => depositId && allocate(app, depositId));

export const config: Config = { path: '/api/callbacks/stk/:token', method: 'POST' };

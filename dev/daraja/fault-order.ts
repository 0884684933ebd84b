import * as z from 'zod';

const apiNames = [
  'oauth',
  'stkpush',
  'stkquery',
  'b2c',
  'c2bregister',
  'c2bsimulate',
  'transactionstatus',
  'accountbalance',
  'reversal',
  'pullregister',
  'pullquery',
] as const;
export type ApiName = (typeof apiNames)[number];

const faultNames = [
  'slow',
  'spike-arrest',
  'waf',
  'empty-400',
  'server-error',
  'error-in-200',
  'not-json',
  'drop-before',
  'drop-after',
  'invalid-token',
  'subscriber-locked',
  'maintenance',
  'throttled',
  'hang',
] as const;

/** An order to fail: the next `times` requests to this API. `accepted`: the request takes effect all the same. */
export const FaultOrder = z.strictObject({
  api: z.enum(apiNames),
  fault: z.enum(faultNames),
  times: z.int().min(1).default(1),
  /** Where a fault exists with several statuses: 429 or 500 for spike-arrest, 403 or 503 for waf. */
  status: z.int().min(400).max(599).optional(),
  /** How long a slow answer takes, in real milliseconds: the other side's time-outs are real too. */
  ms: z.int().min(0).max(600_000).default(5_000),
  accepted: z.boolean().optional(),
});
export type FaultOrderInput = z.input<typeof FaultOrder>;
export type Fault = z.infer<typeof FaultOrder>;

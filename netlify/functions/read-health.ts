import type { Config } from '@netlify/functions';
import * as z from 'zod';
import { readHealth } from '#desk/health/read-health.ts';
import { endpoint } from '#http/endpoint.ts';

/** A monitor asks whether all is well. */
export default endpoint(
  {
    auth: 'public',
    stirs: false,
    input: z.object({ deep: z.literal('1').optional() }),
    status: ({ status }) => (status === 'ok' ? 200 : 503),
  },
  readHealth,
);

export const config: Config = { path: '/api/health', method: 'GET' };

import * as z from 'zod';
import { count } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const Healthy = z
  .strictObject({
    status: z.literal('ok'),
    migrations: count.optional(),
    pending: count.optional(),
    waiting: count.optional(),
    deadLetters: count.optional(),
    reviews: count.optional(),
    oldestDueSeconds: z.int().nullable().optional(),
    keepsElsewhere: z.boolean(),
    proof: z.string(),
  })
  .meta({ id: 'Healthy' });

const Unhealthy = z.strictObject({ status: z.literal('database_unreachable'), spilled: count.nullable() }).meta({ id: 'Unhealthy' });

export const health: Part = {
  tag: 'Health',
  about: 'For a monitor.',
  operations: {
    readHealth: operation(() => import('../../../netlify/functions/read-health.ts'), {
      summary: 'Read whether all is well',
      description:
        'Whether the database answers, how much waits, and how many callbacks are kept elsewhere while it does not. It holds counts alone, no personal data.',
      answer: { 200: Healthy, 503: Unhealthy },
    }),
  },
};

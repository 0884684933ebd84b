import * as z from 'zod';
import { REMOVED_KINDS } from '#ground/db/removals.schema.ts';
import { FAILURE_KINDS } from '#ground/failures/failures.schema.ts';
import { count, day, id, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const reasons = z.array(z.string()).describe('Why it is not well.');

const said = {
  reasons,
  minuteEndedAt: time.nullable().describe('When the scheduled function of each minute last ended.'),
  sleepsUntil: time
    .optional()
    .describe('While nothing is due and the database sleeps: until when at most. What is said is then what the last minute knew.'),
  keepsElsewhere: z.boolean().describe('Whether callbacks can be kept elsewhere while the database is away.'),
  proof: z.string().describe('What proves money that only a notice has reported.'),
};

/** For whoever may read tasks. */
const waiting = {
  migrations: count.optional(),
  pending: count.optional().describe('Open prompts.'),
  waiting: count.optional().describe('Money that waits to be booked.'),
  deadLetters: count.optional(),
  reviews: count.optional().describe('Open tasks.'),
  tasks: z.record(z.string(), count).optional().describe('Open tasks by kind.'),
  oldestDueSeconds: z.int().nullish().describe('How long the oldest urgent message waits.'),
  nights: z.record(z.string(), z.iso.date()).optional().describe('For which day each nightly run was last finished.'),
};

const Healthy = z
  .strictObject({ status: z.literal('ok'), ...said, ...waiting })
  .meta({ id: 'Healthy', description: 'How much waits is there for whoever may read tasks.' });

const Unhealthy = z
  .union([
    z.strictObject({ status: z.literal('failing'), ...said, ...waiting }),
    z.strictObject({ status: z.literal('failing'), reasons }),
    z.strictObject({ status: z.literal('database_unreachable'), reasons }),
  ])
  .meta({ id: 'Unhealthy' });

const Failure = z
  .strictObject({
    errorId: id,
    kind: z.enum(FAILURE_KINDS),
    what: z.string().describe('Which function, callback or job it was.'),
    error: z.string(),
    message: z.string(),
    count: count.describe('How often.'),
    firstAt: time,
    lastAt: time,
    requestIds: z.array(z.string()).describe('The last requests.'),
  })
  .meta({ id: 'Failure', description: 'Failures alike, in one entry.' });

const Retention = z
  .strictObject({
    ...{ from: day, to: day },
    settings: z.array(
      z.strictObject({
        variable: z.string().describe('The setting in the environment.'),
        value: count.describe('Days, or years where its name says so.'),
        least: count.describe('A lower value is refused.'),
        because: z.string().describe('Why not less.'),
      }),
    ),
    removals: z.array(
      z.strictObject({
        on: day,
        kind: z.enum(REMOVED_KINDS),
        removed: count.describe('How many rows.'),
        olderThan: time,
        lastAt: time.describe('When the last of them were deleted.'),
      }),
    ),
  })
  .meta({ id: 'Retention' });

export const health: Part = {
  tag: 'Health and errors',
  about: 'For a monitor, and for whoever looks after the site.',
  operations: {
    readHealth: operation(() => import('../../../netlify/functions/read-health.ts'), {
      summary: 'Read whether all is well',
      description:
        '200 where it is, else 503 with `reasons`: whether the database answers and has the newest migration, and whether the minute runs. Whoever may read tasks (right `tasks:read`) also reads how much waits, and the open `tasks` by kind: counts alone, no personal data. While the database sleeps a stranger is answered without it; `deep=1` wakes it.',
      answer: { 200: Healthy, 503: Unhealthy },
    }),
    listErrors: operation(() => import('../../../netlify/functions/list-errors.ts'), {
      summary: 'List what failed',
      description:
        'Failures alike in one entry, the latest first, by `kind` (`request`, `callback`, `after_answer`, `job`, `forged`), with `count`, `firstAt`, `lastAt` and the last `requestIds`, without personal data.',
      answer: z.strictObject({ errors: z.array(Failure), nextCursor: z.string().nullable(), ...totals }).meta({ id: 'FailurePage' }),
    }),
    readRetention: operation(() => import('../../../netlify/functions/read-retention.ts'), {
      summary: 'Read how long things are kept, and what was deleted',
      description:
        'The settings of docs/retention.md with the least that each allows, and by day in Nairobi how many rows of each kind were deleted because of them, and what they were older than. Without days the last thirty.',
      answer: Retention,
    }),
  },
};

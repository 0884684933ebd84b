import * as z from 'zod';
import { DELIVERY_STATES } from '#desk/webhooks/webhooks.schema.ts';
import { actor, count, id, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const secret = z.string().describe('Signs what is sent. It is shown this once.');

const webhook = {
  webhookId: id,
  url: z.string().describe('The whole address is for administrators alone.'),
  events: z.array(z.string()).describe('Types of events, `payment.*` and the like, or `*`.'),
  enabled: z.boolean(),
  disabledAt: time.nullable(),
  failingSince: time.nullable(),
  nextTryAt: time.nullable(),
  earlierSecretUntil: time.nullable().describe('Until when the earlier secret signs as well.'),
  createdAt: time,
  createdBy: actor,
};

const Webhook = z
  .strictObject({ ...webhook, waiting: count.describe('How many events wait for it, 10,000 at most.') })
  .meta({ id: 'Webhook', description: 'A server that is told of events, and whether it takes them.' });

const answered = {
  answerStatus: z.int().nullable().describe('The HTTP status of its answer.'),
  answer: z.string().nullable().describe('The beginning of its answer.'),
  error: z.string().nullable().describe('Why there was no answer.'),
};

const Delivery = z
  .strictObject({
    eventId: id,
    type: z.string(),
    subjectId: id.nullable(),
    happenedAt: time,
    state: z.enum(DELIVERY_STATES),
    tries: count,
    triedAt: time.nullable(),
    ...answered,
    tookMs: z.int().nullable(),
    deliveredAt: time.nullable(),
    nextTryAt: time.nullable(),
  })
  .meta({ id: 'WebhookDelivery', description: 'An event, and how its last try ended.' });

export const webhooks: Part = {
  tag: 'Webhooks',
  about: 'Servers of yours that are told of events.',
  operations: {
    createWebhook: operation(() => import('../../../netlify/functions/create-webhook.ts'), {
      summary: 'Add a server that is told of events',
      description: 'Of all, or of those in `events`. Its `secret` is shown this once.',
      answer: z.strictObject({ ...webhook, secret }).meta({ id: 'WebhookCreated' }),
      problems: ['too_many_webhooks', 'webhook_address_refused'],
    }),
    listWebhooks: operation(() => import('../../../netlify/functions/list-webhooks.ts'), {
      summary: 'List the servers that are told of events',
      description: 'The oldest first, with whether they take them.',
      answer: z.strictObject({ webhooks: z.array(z.strictObject(webhook).meta({ id: 'ListedWebhook' })) }).meta({ id: 'WebhookList' }),
    }),
    readWebhook: operation(() => import('../../../netlify/functions/read-webhook.ts'), {
      summary: 'Read whether a server takes its events',
      description: 'And how many wait for it. The whole address is for administrators alone.',
      answer: Webhook,
      problems: ['webhook_not_found'],
    }),
    changeWebhook: operation(() => import('../../../netlify/functions/change-webhook.ts'), {
      summary: 'Change where events go, which, or whether any do',
      description: 'What is left out stays. Enabled again it gets what it has missed.',
      answer: Webhook,
      problems: ['webhook_address_refused', 'webhook_not_found'],
    }),
    rotateWebhookSecret: operation(() => import('../../../netlify/functions/rotate-webhook-secret.ts'), {
      summary: 'Give a server a new secret',
      description: 'It is shown this once. The earlier one signs too, for `overlapHours`.',
      answer: z.strictObject({ webhookId: id, secret, earlierSecretUntil: time }).meta({ id: 'WebhookSecret' }),
      problems: ['webhook_not_found'],
    }),
    discardWebhook: operation(() => import('../../../netlify/functions/discard-webhook.ts'), {
      summary: 'Remove a server',
      description: 'It is told of nothing more.',
      answer: z.strictObject({ webhookId: id, state: z.literal('removed') }).meta({ id: 'WebhookRemoved' }),
      problems: ['webhook_not_found'],
    }),
    sendWebhookTest: operation(() => import('../../../netlify/functions/send-webhook-test.ts'), {
      summary: 'Try whether a server takes events',
      description: 'A test is sent now, and the answer is what the server said.',
      answer: z
        .strictObject({ webhookId: id, eventId: id, taken: z.boolean(), ...answered, tookMs: z.int() })
        .meta({ id: 'WebhookTested' }),
      problems: ['copy_unclaimed', 'webhook_not_found'],
    }),
    listWebhookDeliveries: operation(() => import('../../../netlify/functions/list-webhook-deliveries.ts'), {
      summary: 'List what a server was told',
      description: 'Each event with the last answer and the tries, by `state`, `type` or `eventId`.',
      answer: z
        .strictObject({ deliveries: z.array(Delivery), nextCursor: z.string().nullable(), ...totals })
        .meta({ id: 'WebhookDeliveryPage' }),
      problems: ['webhook_not_found'],
    }),
    replayWebhookEvents: operation(() => import('../../../netlify/functions/replay-webhook-events.ts'), {
      summary: 'Send events again',
      description:
        'The one in `eventId`, or those of a span (`{from, to?}`) that the server asks for, under the same ids; at most 10,000 at once: go on with `continueFrom` as `from`.',
      answer: z.strictObject({ webhookId: id, events: count, continueFrom: time.nullable() }).meta({ id: 'WebhookReplay' }),
      problems: ['copy_unclaimed', 'webhook_disabled', 'webhook_event_not_found', 'webhook_not_found'],
    }),
  },
};

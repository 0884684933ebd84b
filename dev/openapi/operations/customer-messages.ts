import * as z from 'zod';
import { operation, type Part } from '../operation.ts';

const CustomerMessages = z
  .strictObject({ events: z.record(z.string(), z.strictObject({ sms: z.boolean(), email: z.boolean() })) })
  .meta({ id: 'CustomerMessages' });

export const customerMessages: Part = {
  tag: 'Messages to customers',
  about: 'Of which events customers are told, and how they stop it.',
  operations: {
    readCustomerMessages: operation(() => import('../../../netlify/functions/read-customer-messages.ts'), {
      summary: 'Read which events customers are told of',
      answer: CustomerMessages,
    }),
    putCustomerMessages: operation(() => import('../../../netlify/functions/put-customer-messages.ts'), {
      summary: 'Turn messages to customers on or off',
      description: 'What is left out stays as it is.',
      answer: CustomerMessages,
    }),
    stopMessages: operation(() => import('../../../netlify/functions/stop-messages.ts'), {
      summary: 'Stop messages about payments',
      description: 'To the phone and e-mail of a payment, by the token of the link in a message. With `stop: false` they come again.',
      answer: z.strictObject({ stopped: z.boolean(), channels: z.array(z.enum(['sms', 'email'])) }).meta({ id: 'MessagesStopped' }),
      problems: ['not_found'],
    }),
  },
};

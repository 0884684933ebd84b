import * as z from 'zod';
import { count, id, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const letterKind = z.enum(['message', 'notice', 'allocation']);

const Letter = z
  .strictObject({
    letterId: id,
    kind: letterKind,
    what: z.string(),
    reason: z.string(),
    tries: count.nullable(),
    at: time,
    about: z.record(z.string(), z.unknown()),
    mustStay: z.string().nullable(),
  })
  .meta({
    id: 'Letter',
    description: 'What was given up, with its last error and without personal data. `mustStay` says why it cannot be discarded.',
  });

export const letters: Part = {
  tag: 'Dead letters',
  about: 'What was given up: messages, paybill notices that booked nothing, money that could not be allocated.',
  operations: {
    listLetters: operation(() => import('../../../netlify/functions/list-letters.ts'), {
      summary: 'List what was given up',
      answer: z.strictObject({ letters: z.array(Letter), nextCursor: z.string().nullable(), ...totals }).meta({ id: 'LetterPage' }),
    }),
    retryLetter: operation(() => import('../../../netlify/functions/retry-letter.ts'), {
      summary: 'Try what was given up once more',
      description: 'A notice is read at once; all else is `queued`.',
      answer: {
        202: z
          .strictObject({ letterId: id, kind: z.enum(['message', 'allocation']), state: z.literal('queued') })
          .meta({ id: 'LetterQueued' }),
        200: z.strictObject({ letterId: id, kind: z.literal('notice'), state: z.literal('booked') }).meta({ id: 'LetterBooked' }),
      },
      problems: ['letter_not_dead', 'letter_not_found', 'letter_unreadable'],
    }),
    discardLetter: operation(() => import('../../../netlify/functions/discard-letter.ts'), {
      summary: 'Discard what was given up',
      description: 'For good, with a reason. What sends or books money cannot be discarded.',
      answer: z.strictObject({ letterId: id, kind: letterKind, state: z.literal('discarded') }).meta({ id: 'LetterDiscarded' }),
      problems: ['letter_must_stay', 'letter_not_dead', 'letter_not_found'],
    }),
  },
};

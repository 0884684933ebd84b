import * as z from 'zod';
import type { ErrorCode } from '#ground/errors.ts';
import type { Operation } from './operation.ts';

/** An answer that says why something was refused. Some codes add fields: which amount, which payment. */
export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('The name of the problem. It is missing where something went wrong on our side.').optional(),
    detail: z.string().describe('What to change, in a sentence.'),
    requestId: z.string().describe('Tell it when you ask about this answer.'),
    errors: z
      .array(z.looseObject({ field: z.string().optional(), message: z.string() }))
      .describe('What is wrong: with `invalid_input` field by field, with a file line by line.')
      .optional(),
    customerMessage: z.string().describe('Words for the customer, where a customer may meet the refusal.').optional(),
  })
  .meta({ id: 'Problem' });

type Asked = { method: string; options: Awaited<ReturnType<Operation['load']>>['default']['options']; takesKey?: true | undefined };

/** The problems that a function may answer besides its own, by what its file says: these come from `endpoint`. */
export function commonProblems({ method, options: { auth, fileBytes, status }, takesKey }: Asked): ErrorCode[] {
  const writes = method !== 'GET';
  const readsKey = fileBytes === undefined && typeof status !== 'function';
  return [
    ...(['invalid_input', 'unauthorized', 'database_unreachable'] as const),
    ...(writes || auth !== 'public' ? (['forbidden'] as const) : []), // with a cookie, other sites may not write
    ...(writes ? (['unsupported_media_type', 'body_too_large'] as const) : []),
    ...(readsKey ? (['invalid_idempotency_key'] as const) : []),
    ...(takesKey ? (['request_in_flight', 'key_reused'] as const) : []),
  ];
}

import * as z from 'zod';

const ms = z.int().min(0);

/**
 * What the query says about a prompt for a while, true or not: a result code, or an error code like 500.001.1001. Times count from the request. Without `says`
 * the words are those of the code.
 */
export const QueryLie = z
  .strictObject({
    fromMs: ms.default(0),
    untilMs: ms,
    code: z.union([z.string().min(1), z.int()]).transform(String),
    says: z.string().optional(),
  })
  .refine(({ fromMs, untilMs }) => fromMs < untilMs, { error: 'untilMs must be later than fromMs' });
export type QueryLie = z.output<typeof QueryLie>;

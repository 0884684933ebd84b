import type * as z from 'zod';
import type { DarajaExchange } from './api.ts';
import { DarajaError } from './errors.ts';
import { readJsonObject } from './read-json-object.ts';

/** Reads an answer as a success. Throws its failure as a DarajaError, or an `unclear` one when it is neither success nor failure. */
export function readAnswer<T>(shape: z.ZodType<T>, { failure, text, httpStatus }: DarajaExchange): T {
  if (failure) throw new DarajaError(failure);
  const read = shape.safeParse(readJsonObject(text));
  if (read.success) return read.data;
  throw new DarajaError({ kind: 'unclear', reason: 'unreadable_answer', httpStatus });
}

import type * as z from 'zod';
import type { DarajaExchange } from './api.ts';
import { DarajaError } from './errors.ts';
import { readJsonObject } from './read-json-object.ts';

/** The answer in the shape of a success; throws the DarajaError of the failure, or an `unclear` one when it is neither. */
export function readAnswer<T>(shape: z.ZodType<T>, { failure, text, httpStatus }: DarajaExchange): T {
  if (failure) throw new DarajaError(failure);
  const read = shape.safeParse(readJsonObject(text));
  if (read.success) return read.data;
  throw new DarajaError({ kind: 'unclear', reason: 'unreadable_answer', httpStatus });
}

import { expect, test } from 'vitest';
import * as z from 'zod';
import { invalidInput } from '../../src/http/problem.ts';
import { UploadInput } from '../../src/reconcile/upload-statement.ts';

const wordsOf = (schema: z.ZodType, said: unknown) => {
  const { error } = schema.safeParse(said);
  return error ? invalidInput(error).extra.errors : undefined;
};

test('a field that is missing, of another kind or not there at all is named, in words that say what to send', () => {
  const shape = z.strictObject({ name: z.string(), amount: z.number(), more: z.strictObject({ on: z.boolean() }).optional() });
  expect(wordsOf(shape, { amount: 'x', foo: 1, bar: 2, more: { on: true, off: 3 } })).toEqual(
    expect.arrayContaining([
      { field: 'name', message: 'It is missing: send text.' },
      { field: 'amount', message: 'Send a number.' },
      { field: 'foo', message: 'There is no such field here: leave it out.' },
      { field: 'bar', message: 'There is no such field here: leave it out.' },
      { field: 'more.off', message: 'There is no such field here: leave it out.' },
    ]),
  );
  expect(wordsOf(UploadInput, { file: new Uint8Array(1) })).toEqual([{ field: 'fileName', message: 'It is missing: send text.' }]);
});

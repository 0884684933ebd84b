import { expect, test } from 'vitest';
import * as z from 'zod';
import { MatchInput } from '#desk/deposits/match-input.ts';
import { invalidInput } from '#http/problem.ts';
import { UploadInput } from '#mpesa/reconcile/upload-statement.ts';

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

test('a field that is wrong in every shape that was possible is named, as an id in the path is; else the words for all of them', () => {
  const deposit = { id: 'null', paymentId: '01930000-0000-7000-8000-000000000001' };
  const sendAnId = 'Send an id as this API gave it, like 01930000-0000-7000-8000-000000000001.';
  expect(wordsOf(MatchInput, deposit)).toEqual([{ field: 'id', message: sendAnId }]);
  expect(wordsOf(MatchInput, { id: deposit.paymentId })).toEqual([
    { field: '(body)', message: expect.stringMatching(/^Send \{paymentId\}/) },
  ]);
});

test('what is too short, too many, no choice or written otherwise is answered with what to send, not in the words of a library', () => {
  const shape = z.strictObject({
    ...{ reason: z.string().min(2), note: z.string().max(3), amount: z.number().positive(), step: z.number().multipleOf(0.01) },
    ...{ lines: z.array(z.string()).min(1), state: z.enum(['open', 'closed']), id: z.uuid(), on: z.iso.date(), at: z.iso.datetime() },
  });
  const said = { reason: 'x', note: 'long', amount: 0, step: 0.001, lines: [], state: 'shut', id: '7', on: '30/11/2026', at: 'noon' };
  expect(
    Object.fromEntries((wordsOf(shape, said) as { field: string; message: string }[]).map(({ field, message }) => [field, message])),
  ).toEqual({
    reason: 'Send at least 2 characters.',
    note: 'Send at most 3 characters.',
    amount: 'Send more than 0.',
    step: 'Send a multiple of 0.01.',
    lines: 'Send at least 1 entry.',
    state: 'Send one of open, closed.',
    id: 'Send an id as this API gave it, like 01930000-0000-7000-8000-000000000001.',
    on: 'Send a day, written 2026-11-30.',
    at: 'Send a time, written 2026-11-30T08:00:00Z.',
  });
  const kinds = z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('sweep') }), z.strictObject({ kind: z.literal('charge') })]);
  expect(wordsOf(kinds, { kind: 'gift' })).toEqual([{ field: 'kind', message: 'Send one of sweep, charge.' }]);
});

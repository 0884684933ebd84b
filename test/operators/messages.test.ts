import { readdirSync, readFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { enqueueSql, type MessageSql } from '#ground/outbox/enqueue.ts';
import { Message } from '#ground/outbox/message.ts';

/** The kind and the fields of each message that a database function promises, and whether all could be read. */
function promisedIn(source: string) {
  const calls = [...source.matchAll(/\bpromise_\d+\((?!p_key)/g)].length;
  const messages = [...source.matchAll(/jsonb_build_object\('kind', '(\w+)'([^()]*)\), p_now/g)].map(([, kind = '', fields = '']) => ({
    kind,
    fields: [...fields.matchAll(/'(\w+)', [\w.]+/g)].map(([, field = '']) => field),
  }));
  return { calls, messages: messages.filter(({ kind }) => kindOf(kind)) };
}

const kindOf = (kind: string) => Message.options.find(({ shape }) => shape.kind.value === kind);

/** What of a message is not a field of its kind, and which field of its kind it lacks. */
function wrongIn({ kind, fields }: { kind: string; fields: string[] }): string[] {
  const shape: Record<string, { safeParse(value: unknown): { success: boolean } }> = kindOf(kind)?.shape ?? {};
  const strange = fields.filter((field) => !(field in shape));
  const missing = Object.keys(shape).filter(
    (field) => field !== 'kind' && !fields.includes(field) && !shape[field]?.safeParse(undefined).success,
  );
  return [...strange, ...missing];
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.sql'));

test('what database functions promise are messages with the fields of their kind', () => {
  const promised = files.map((file) => ({ file, ...promisedIn(readFileSync(`src/${file}`, 'utf8')) }));
  for (const { file, calls, messages } of promised) {
    expect(messages, file).toHaveLength(calls);
    for (const message of messages) expect(wrongIn(message), `${file}: ${message.kind}`).toEqual([]);
  }
  expect(promised.flatMap(({ messages }) => messages).length).toBeGreaterThan(8);
});

test('a field that is misspelled or missing is found', () => {
  const [message] = promisedIn(`perform promise_1('a', jsonb_build_object('kind', 'alert', 'reviewID', task), p_now);`).messages;
  expect(message && wrongIn(message)).toEqual(['reviewID', 'reviewId']);
});

test('in a statement it does not compile', () => {
  // @ts-expect-error: reviewID
  const misspelled: MessageSql = { kind: 'alert', reviewID: sql`id` };
  // @ts-expect-error: without depositId
  const missing: MessageSql = { kind: 'repayments_moved' };
  // @ts-expect-error: no such kind
  const unknown: MessageSql = { kind: 'alarm', reviewId: sql`id` };
  // @ts-expect-error: a field of another kind
  const other = enqueueSql({ key: 'a', message: { kind: 'refund_paid', payoutId: 'b', invoiceId: 'c' }, dueAt: new Date() });
  expect([misspelled, missing, unknown, other]).toHaveLength(4);
});

import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import { inOneBatch } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { allocationLetters } from './allocation-letters.ts';
import { LETTER_KINDS, type Letter, type LetterKind, type Letters } from './letter.ts';
import { messageLetters } from './message-letters.ts';
import { noticeLetters } from './notice-letters.ts';

/** Which kind, all where none is said; newest first, in keyset pages, or one page as CSV. */
export const ListLettersInput = z.strictObject({
  kind: z.enum(LETTER_KINDS).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: Cursor.optional(),
  format: z.enum(['json', 'csv']).default('json'),
});

const SOURCES: Record<LetterKind, Letters> = { message: messageLetters, notice: noticeLetters, allocation: allocationLetters };
const COLUMNS = ['letterId', 'kind', 'at', 'what', 'reason', 'tries', 'about', 'mustStay'];

/** What was given up and waits for a person: messages, paybill notices, allocations, in one list, without personal data. One round trip. */
export async function listLetters(app: Pick<App, 'db' | 'config'>, { kind, limit, cursor, format }: z.output<typeof ListLettersInput>) {
  const sources = (kind ? [kind] : LETTER_KINDS).map((each) => SOURCES[each]);
  const results = await inOneBatch(
    app.db,
    sources.map((source) => source.select({ cursor, most: limit + 1 })),
  );
  const found = sources.flatMap((source, n) => source.read(results[n]?.rows, app)).sort(newestFirst);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = found.length > limit && last ? printCursor({ createdAt: last.at, id: last.letterId }) : null;
  const letters = page.map((letter) => ({ ...letter, at: letter.at.toISOString() }));
  if (format === 'json') return { letters, nextCursor };
  const lines = letters.map((letter) => ({ ...letter, about: JSON.stringify(letter.about) }));
  return new Sheet('dead-letters.csv', COLUMNS, lines, nextCursor);
}

const newestFirst = (a: Letter, b: Letter): number => b.at.getTime() - a.at.getTime() || (a.letterId < b.letterId ? 1 : -1);

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { countSql, isCounted, listInput, MOST_COUNTED, skippedBy, sumCounts, totalsOf } from '#ground/db/page.ts';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import { inOneBatch } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { allocationLetters } from './allocation-letters.ts';
import { LETTER_KINDS, type Letter, type LetterKind, type Letters } from './letter.ts';
import { messageLetters } from './message-letters.ts';
import { noticeLetters } from './notice-letters.ts';

/** Which kind, all where none is said; newest first, in pages, or one page as CSV. */
export const ListLettersInput = listInput(
  {
    kind: z.enum(LETTER_KINDS).optional(),
    cursor: Cursor.optional(),
    format: z.enum(['json', 'csv']).default('json'),
  },
  200,
);

const SOURCES: Record<LetterKind, Letters> = { message: messageLetters, notice: noticeLetters, allocation: allocationLetters };
const COLUMNS = ['letterId', 'kind', 'at', 'what', 'reason', 'tries', 'about', 'mustStay'];

/** What was given up and waits for a person: messages, paybill notices, allocations, in one list, without personal data. One round trip. */
export async function listLetters(app: Pick<App, 'db' | 'config'>, input: z.output<typeof ListLettersInput>) {
  const { kind, limit, cursor, format } = input;
  const sources = (kind ? [kind] : LETTER_KINDS).map((each) => SOURCES[each]);
  const skipped = skippedBy(input);
  const results = await inOneBatch(app.db, [
    ...sources.map((source) => source.select({ cursor, most: skipped + limit + 1 })),
    ...(isCounted(input)
      ? sources.map((source) => countSql(sql`from (${source.select({ cursor: undefined, most: MOST_COUNTED })}) letters`))
      : []),
  ]);
  const found = sources.flatMap((source, n) => source.read(results[n]?.rows, app)).sort(newestFirst);
  const totals = totalsOf(input, sumCounts(results.slice(sources.length)));
  const page = found.slice(skipped, skipped + limit);
  const last = page.at(-1);
  const nextCursor = found.length > skipped + limit && last ? printCursor({ createdAt: last.at, id: last.letterId }) : null;
  const letters = page.map((letter) => ({ ...letter, at: letter.at.toISOString() }));
  if (format === 'json') return { letters, nextCursor, ...totals };
  const lines = letters.map((letter) => ({ ...letter, about: JSON.stringify(letter.about) }));
  return new Sheet('dead-letters.csv', COLUMNS, lines, nextCursor);
}

const newestFirst = (a: Letter, b: Letter): number => b.at.getTime() - a.at.getTime() || (a.letterId < b.letterId ? 1 : -1);

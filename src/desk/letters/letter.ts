import { type SQL, sql } from 'drizzle-orm';
import type * as z from 'zod';
import type { Cursor } from '#ground/db/page-cursor.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** What was given up: a promised message, a paybill notice that booked nothing, money that could not be allocated. */
export const LETTER_KINDS = ['message', 'notice', 'allocation'] as const;
export type LetterKind = (typeof LETTER_KINDS)[number];

/** The tasks about letters: the subject of each is the letter's id. */
export const TASK_OF = { message: 'dead_letter', notice: 'c2b_notice_quarantined', allocation: 'allocation_failed' } as const;

/**
 * A letter as a person sees it, without personal data. `about` holds ids, codes and amounts; `tries` is null where they are not counted;
 * `mustStay` says why it cannot be discarded.
 */
export type Letter = {
  letterId: string;
  kind: LetterKind;
  what: string;
  reason: string;
  tries: number | null;
  at: Date;
  about: Record<string, unknown>;
  mustStay: string | null;
};

/** Letters of one kind: the statement that reads a page of them, newest first, and its rows as letters. */
export type Letters = {
  select(page: { cursor: z.output<typeof Cursor> | undefined; most: number }): SQL;
  read(rows: readonly unknown[] | undefined, app: Pick<App, 'config'>): Letter[];
};

/** Where a page begins, and how it is ordered, by a moment and an id. */
export const pageSql = (at: SQL, id: SQL, { cursor, most }: Parameters<Letters['select']>[0]): SQL => sql`
  and ${cursor ? sql`(${at}, ${id}) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)` : sql`true`}
  order by ${at} desc, ${id} desc limit ${most}`;

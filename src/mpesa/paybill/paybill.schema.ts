import { sql } from 'drizzle-orm';
import { pgTable, text } from 'drizzle-orm/pg-core';
import { at } from '#ground/db/columns.ts';
import { LIST_CLOCKS } from './read-list-clock.ts';

/** How far Safaricom's list of payments to a short code has been read. */
export const pulls = pgTable('pulls', {
  shortcode: text('shortcode').primaryKey(),
  /** Everything up to here was read: the end of the last complete run. */
  completeUntil: at('complete_until'),
  /** When the list was last requested; also the claim on the next quarter of an hour. */
  askedAt: at('asked_at').notNull(),
  /** When everything that Safaricom still lists was last read. */
  sweptAt: at('swept_at'),
  /** The short code and period that gapless complete runs cover: told money in it that they did not list is refuted. */
  refutesShortcode: text('refutes_shortcode'),
  refutesFrom: at('refutes_from'),
  refutesUntil: at('refutes_until'),
  /** Receipts that those runs listed but that are not in the books: unreadable, or paid by one of our short codes to another. */
  refutesNot: text('refutes_not').array().notNull().default(sql`'{}'`),
  /** The clock of the list's times, learnt from receipts whose time another source gave; null until then. */
  clock: text('clock', { enum: LIST_CLOCKS }),
  /** Listed receipts that could not be read or settled, as long as their task is open. */
  unread: text('unread').array().notNull().default(sql`'{}'`),
  /** The period in which unreadable rows without a receipt may lie; null when there are none. */
  unreadFrom: at('unread_from'),
  unreadUntil: at('unread_until'),
});

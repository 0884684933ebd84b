import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { at } from '../db/columns.ts';

/** When something that is limited happened, newest last, per phone or network: limits slide over it. */
export const recentTimes = pgTable('recent_times', { key: text('key').primaryKey(), times: at('times').array().notNull() });

/** Counters that are exact under concurrency: what happened on a day. */
export const counters = pgTable('counters', { key: text('key').primaryKey(), count: integer('count').notNull() });

import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { at } from '../db/columns.ts';

/** The times of limited events per phone or network, newest last, for sliding limits. */
export const recentTimes = pgTable('recent_times', { key: text('key').primaryKey(), times: at('times').array().notNull() });

/** Counters per day, exact under concurrency. */
export const counters = pgTable('counters', { key: text('key').primaryKey(), count: integer('count').notNull() });

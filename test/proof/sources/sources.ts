import { balance, pull, query, status } from './asked.ts';
import { callback } from './callback.ts';
import { notice } from './notice.ts';
import type { Source } from './source.ts';
import { statement } from './statement.ts';

export const SOURCES: Source[] = [callback, notice, query, status, pull, statement, balance];

/** The sources that the product cannot hear yet. */
export const absentSources = (): string[] => SOURCES.filter(({ isBuilt }) => !isBuilt()).map(({ name }) => name);

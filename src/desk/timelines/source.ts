import type { SQL } from 'drizzle-orm';
import type { Thing, Things } from './things.ts';

/**
 * A place where it stands what happened: a statement that selects, for the things of a timeline, `at`, `kind`, `key` (which row it was), `by` (who did it), `ids`, `cents`
 * and `facts` (for the words). It is asked only where the timeline is about such a thing.
 */
export type Source = { of: Thing; select: SQL } | { select: (things: Things) => SQL };

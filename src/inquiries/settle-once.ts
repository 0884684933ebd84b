import type { SQL } from 'drizzle-orm';
import pRetry from 'p-retry';
import * as z from 'zod';
import { isWorthRepeating } from '../db/errors.ts';
import { readRows } from '../db/rows.ts';
import type { Db } from '../db/types.ts';

const Settled = z.object({
  verdict: z.enum(['answers', 'known', 'unclear', 'contradicts', 'other_conversation', 'other_transaction', 'no_inquiry']),
  askedBy: z.string().nullish(),
});

/** What became of an answer. Only `answers` was applied; `known` and `unclear` changed nothing; all others are quarantined. */
export type SettledInquiry = z.output<typeof Settled>;

const PATIENCE_MS = 20_000;

/** Runs a statement that settles an answer, in one round trip; Safaricom tells once, so a broken connection is worth twenty seconds. */
export const settleOnce = (db: Db, statement: SQL): Promise<SettledInquiry> =>
  pRetry(
    async () => {
      const [row] = await readRows(db, Settled, statement);
      return row as SettledInquiry;
    },
    { retries: 10, minTimeout: 50, maxTimeout: 4_000, maxRetryTime: PATIENCE_MS, shouldRetry: ({ error }) => isWorthRepeating(error) },
  );

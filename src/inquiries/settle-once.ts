import type { SQL } from 'drizzle-orm';
import * as z from 'zod';
import { repeated } from '../db/repeat.ts';
import { readRows } from '../db/rows.ts';
import type { Db } from '../db/types.ts';

const Settled = z.object({
  verdict: z.enum(['answers', 'known', 'unclear', 'contradicts', 'other_conversation', 'other_transaction', 'no_inquiry']),
  askedBy: z.string().nullish(),
});

/** What became of an answer. Only `answers` was applied; `known` and `unclear` changed nothing; all others are quarantined. */
export type SettledInquiry = z.output<typeof Settled>;

/** Runs a statement that settles an answer, in one round trip; Safaricom tells once, so what is worth repeating is repeated. */
export const settleOnce = (db: Db, statement: SQL): Promise<SettledInquiry> =>
  repeated(async () => {
    const [row] = await readRows(db, Settled, statement);
    return row as SettledInquiry;
  });

import * as z from 'zod';

/** What became of an answer. Only `answers` was applied; `known` and `unclear` changed nothing; all others are quarantined. */
export const SettledInquiry = z.object({
  verdict: z.enum(['answers', 'known', 'unclear', 'contradicts', 'other_conversation', 'other_transaction', 'no_inquiry']),
});
export type SettledInquiry = z.output<typeof SettledInquiry>;

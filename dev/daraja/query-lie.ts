import * as z from 'zod';
import type { Network } from './network.ts';
import { outcomes } from './outcomes.ts';
import type { Prompt } from './state.ts';

const ms = z.int().min(0);

/**
 * What the query says of a prompt for a while, whatever is true: a result code, or an error code like 500.001.1001. Times count
 * from the request. Without `says` the words are those of the code.
 */
export const QueryLie = z
  .strictObject({
    fromMs: ms.default(0),
    untilMs: ms,
    code: z.union([z.string().min(1), z.int()]).transform(String),
    says: z.string().optional(),
  })
  .refine(({ fromMs, untilMs }) => fromMs < untilMs, { error: 'untilMs must be later than fromMs' });
export type QueryLie = z.output<typeof QueryLie>;

/** The lie that is told of this prompt now, if one is; the latest ordered counts. */
export function lieAbout({ clock }: Network, { requestedAt, plan, queryLies = [] }: Prompt): { code: string; says: string } | null {
  const sinceMs = clock.now().getTime() - Date.parse(requestedAt);
  const told = [...(plan?.queries ?? []), ...queryLies].findLast(({ fromMs, untilMs }) => fromMs <= sinceMs && sinceMs < untilMs);
  return told ? { code: told.code, says: told.says ?? wordsOf(told.code) } : null;
}

function wordsOf(code: string): string {
  if (code === '4999') return 'The transaction is still under processing';
  if (code === '1037') return 'DS timeout user cannot be reached.';
  const known = Object.values(outcomes).find((outcome) => String(outcome.code) === code);
  return known?.querySays ?? known?.says ?? '';
}

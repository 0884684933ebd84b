import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { decryptedIfCan, instant, readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { IS_DEAD } from '#ground/outbox/dead-letters.ts';
import { GIVEN_UP } from '#mpesa/payments/given-up.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { MONEY_STAYS } from './allocation-letters.ts';
import { LETTER_KINDS, TASK_OF } from './letter.ts';
import { messageMustStay } from './message-letters.ts';
import { noticeMustStay } from './notice-letters.ts';

const Found = z.object({
  kind: z.enum(LETTER_KINDS),
  dead: z.boolean(),
  message: z.string().nullable(),
  body: decryptedIfCan('body').nullable(),
  heardAt: instant.nullable(),
});

/** A letter that waits for a person. */
export type FoundLetter = z.output<typeof Found> & { id: string };

/** The letter with this id, the id of what was given up. Throws `letter_not_found`, or `letter_not_dead` where it waits for a person no longer. */
export async function findLetter(db: Db, id: string): Promise<FoundLetter> {
  const [found] = await readRows(
    db,
    Found,
    sql`
    select 'message' as kind, ${IS_DEAD} as dead, o.message ->> 'kind' as message, null::text as body, null::timestamptz as heard_at from outbox o where o.id = ${id}::uuid
    union all select 'allocation', ${GIVEN_UP}, null, null, null from deposits d
      where d.id = ${id}::uuid and (${GIVEN_UP} or exists (select from reviews r where r.kind = ${TASK_OF.allocation} and r.subject = d.id::text))
    union all select 'notice', bool_or(r.closed_at is null), null, e.body, e.received_at from evidence e join reviews r on r.kind = ${TASK_OF.notice} and r.subject = e.id::text
      where e.id = ${id}::uuid group by e.id`,
  );
  if (!found) throw new AppError('letter_not_found', 'There is no dead letter with this id.');
  if (!found.dead) throw notDead();
  return { ...found, id };
}

/** What a letter is refused as that is none, or none any more. */
export const notDead = (): AppError =>
  new AppError('letter_not_dead', 'It is no dead letter, or none any more: it was retried, discarded or dealt with otherwise.');

/** Why a letter cannot be discarded; null where it can. */
export function whyItStays(app: Pick<App, 'config'>, { kind, message, body, heardAt }: FoundLetter): string | null {
  if (kind === 'message') return messageMustStay(message ?? '');
  if (kind === 'allocation') return MONEY_STAYS;
  return heardAt && noticeMustStay(app, body, heardAt);
}

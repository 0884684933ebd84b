import type { Context } from '@netlify/functions';
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '#ground/db/rows.ts';
import { noteFailure } from '#ground/failures/note-failure.ts';
import { slideSql } from '#ground/limits/count-sliding.ts';
import type { Core } from '#mpesa/wiring/app.ts';
import { afterAnswer } from './after-answer.ts';

/** So many callbacks within a minute that were not believed, whichever process heard them, are a burst: one alone is a stray request. */
const BURST = 10;
const MINUTE_MS = 60_000;

const IN_A_MINUTE = (most: number) => [{ minutes: 1, most }];

/** What this process has counted in the database: never more than a burst a minute, however many it hears. */
let minute = { since: 0, count: 0 };

/**
 * Counts a callback that was not believed, after it was answered, in a row that all processes share: a burst that is spread over many of them is one too. It goes to the
 * error log once a minute, with how many they were at least.
 */
export function noteForged(core: Core, context: Pick<Context, 'requestId' | 'waitUntil'>): void {
  const now = core.clock.now();
  if (Math.abs(now.getTime() - minute.since) >= MINUTE_MS) minute = { since: now.getTime(), count: 0 };
  minute.count += 1;
  if (minute.count > BURST) return;
  context.waitUntil(
    afterAnswer(async () => {
      if (!(await isNewBurst(core, now))) return;
      const error = new Error('Callbacks were not believed.');
      await noteFailure(core, { kind: 'forged', what: 'callbacks', error, requestId: context.requestId, times: BURST });
    }).catch((error) => core.log.error('forged_not_counted', error)),
  );
}

/** Counts one more; whether that makes a burst, which nobody has told in this minute. */
async function isNewBurst({ db }: Core, now: Date): Promise<boolean> {
  const told = await readRows(
    db,
    z.object({ told: z.boolean() }),
    sql`
    with counted as (${slideSql('callbacks-forged', IN_A_MINUTE(BURST - 1), now, sql`true`)}),
      told as (${slideSql('callbacks-forged-told', IN_A_MINUTE(1), now, sql`not exists (select from counted)`)})
    select true as told from told`,
  );
  return told.length > 0;
}

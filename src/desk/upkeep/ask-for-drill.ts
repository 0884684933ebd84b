import { sql } from 'drizzle-orm';
import type { Ground } from '#ground/ground.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';
import { quarterOf } from './quarter-of.ts';

/** Once a quarter, from when there is something to lose, opens a task for a person to try a restore. Closed, it stays closed until the next quarter. Safe to repeat. */
export async function askForDrill({ db, clock }: Pick<Ground, 'db' | 'clock'>): Promise<void> {
  const now = clock.now();
  const quarter = quarterOf(now);
  await db.execute(
    sql`with ${openTasksSql({
      ...{ kind: 'restore_drill', subject: quarter, openedAt: now },
      from: sql`(select where exists (select from transfers) and not exists (select from reviews r where r.kind = 'restore_drill' and r.subject = ${quarter})) due`,
    })} select`,
  );
}

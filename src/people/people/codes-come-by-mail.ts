import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import type { Ground } from '#ground/ground.ts';
import { isUnreachableSql } from '#ground/notify/unreachable.ts';

/** Whether the codes of a phone come by e-mail, because SMS are off or it takes none: then a session proves no phone, and must not change that e-mail. */
export async function codesComeByMail(
  { config, db }: Pick<Ground, 'config'> & { db: Ground['db'] | Tx },
  phoneHash: string,
): Promise<boolean> {
  if (config.sms.provider === 'none') return true;
  const [row] = await readRows(
    db,
    z.object({ refused: z.boolean() }),
    sql`select ${isUnreachableSql('sms', sql`${phoneHash}`)} as refused`,
  );
  return row?.refused ?? false;
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import { readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { isUnreachableSql } from '../notify/unreachable.ts';

/** Whether the codes of a phone come by e-mail, because SMS are off or it takes none: then a session proves no phone, and must not change that e-mail. */
export async function codesComeByMail({ config, db }: Pick<App, 'config'> & { db: App['db'] | Tx }, phoneHash: string): Promise<boolean> {
  if (config.sms.provider === 'none') return true;
  const [row] = await readRows(
    db,
    z.object({ refused: z.boolean() }),
    sql`select ${isUnreachableSql('sms', sql`${phoneHash}`)} as refused`,
  );
  return row?.refused ?? false;
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { instant, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';

const ListedKey = z.object({
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(z.string()),
  createdAt: instant,
  createdBy: z.string().nullable(),
  revokedAt: instant.nullable(),
});

/** An API key as an operator sees it: everything but its secret, which is not stored. */
export type ListedKey = z.output<typeof ListedKey>;

/** All API keys, revoked ones too, oldest first. */
export const listApiKeys = (db: Reader): Promise<ListedKey[]> =>
  readRows(
    db,
    ListedKey,
    sql`select id, name, scopes, created_at as "createdAt", created_by as "createdBy", revoked_at as "revokedAt" from api_keys order by created_at, id`,
  );

import { sql } from 'drizzle-orm';
import type * as z from 'zod';
import { pick } from '#ground/db/pick.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { apiKeys } from './auth.schema.ts';

const KEY = pick(apiKeys, 'k', ['id', 'name', 'scopes', 'createdAt', 'createdBy', 'revokedAt']);

/** An API key as an operator sees it: everything but its secret, which is not stored. */
export type ListedKey = z.output<typeof KEY.row>;

/** All API keys, revoked ones too, oldest first. */
export const listApiKeys = (db: Reader): Promise<ListedKey[]> =>
  readRows(db, KEY.row, sql`select ${KEY.list} from api_keys k order by k.created_at, k.id`);

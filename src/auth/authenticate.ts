import { createHash, timingSafeEqual } from 'node:crypto';
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '../call.ts';
import { readRows } from '../db/rows.ts';
import type { Db } from '../db/types.ts';
import { AppError } from '../errors.ts';

/** What an API key may be allowed to do. */
export const SCOPES = ['payments:read', 'items:write', 'invoices:send'] as const;
export type Scope = (typeof SCOPES)[number];

/** A visitor without credentials. */
const VISITOR: Caller = { id: 'public', scopes: [] };

const KEY = /^Bearer mlp_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

/** The stored form of an API key's secret part: it is random, so a plain hash is enough. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** Finds out who asks. Without credentials it is a visitor, at no cost; with an API key it takes one round trip. Throws `unauthorized`. */
export async function authenticate(db: Db, authorization: string | null): Promise<Caller> {
  if (authorization === null) return VISITOR;
  const [, id, secret] = KEY.exec(authorization) ?? [];
  const refused = new AppError('unauthorized', 'The API key is not known or was revoked. Send "Authorization: Bearer mlp_...".');
  if (!id || !secret) throw refused;
  const Row = z.object({ secretHash: z.string(), scopes: z.array(z.string()) });
  const [row] = await readRows(
    db,
    Row,
    sql`select secret_hash as "secretHash", scopes from api_keys where id = ${id}::uuid and revoked_at is null`,
  );
  if (!row || !timingSafeEqual(Buffer.from(row.secretHash), Buffer.from(hashSecret(secret)))) throw refused;
  return { id: `key:${id}`, scopes: row.scopes };
}

/** Lets a caller pass who holds the scope. Throws `unauthorized` for a visitor, `forbidden` for a key without it. */
export function requireScope(caller: Caller, scope: Scope): void {
  if (caller.scopes.includes(scope)) return;
  if (caller.id === VISITOR.id)
    throw new AppError('unauthorized', 'Send an API key: "Authorization: Bearer mlp_...". `npm run api-key` makes one.');
  throw new AppError('forbidden', `This API key lacks the scope ${scope}.`);
}

import { randomBytes } from 'node:crypto';
import { record } from '#ground/audit/record.ts';
import { newId } from '#ground/db/columns.ts';
import type { Db } from '#ground/db/types.ts';
import { apiKeys } from './auth.schema.ts';
import { hashSecret } from './find-key-holder.ts';
import type { Scope } from './rights.ts';

/** Makes an API key. `createdBy` is the person who makes it (`person:<id>`): what it asks for counts as asked for by them. The token is returned here and never again: only a hash of its secret part is stored. */
export async function createApiKey(
  db: Db,
  { name, scopes, createdBy, now }: { name: string; scopes: Scope[]; createdBy?: string | undefined; now: Date },
): Promise<{ id: string; token: string }> {
  const id = newId();
  const secret = randomBytes(32).toString('base64url');
  await db.transaction(async (tx) => {
    await tx.insert(apiKeys).values({ id, name, scopes, secretHash: hashSecret(secret), createdAt: now, createdBy: createdBy ?? null });
    const after = { name, scopes, createdBy };
    await record(tx, { actor: 'operator', action: 'api_key_created', subject: id, after, happenedAt: now });
  });
  return { id, token: `mlp_${id.replaceAll('-', '')}_${secret}` };
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { encrypt } from '#ground/db/encryption.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { findEndpoint } from './endpoint.ts';
import { newSecret } from './sign-event.ts';

/** Which endpoint, and for how many hours the earlier secret signs as well. */
export const RotateWebhookSecretInput = z.strictObject({ id: z.uuid(), overlapHours: z.number().int().min(0).max(168).default(24) });

/**
 * Gives an endpoint a new secret, which is answered here and never again. Until the overlap ends events bear two signatures, by the new secret and by the one before; an
 * older one signs no more. Throws `webhook_not_found`.
 */
export function rotateWebhookSecret(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id, overlapHours }: z.output<typeof RotateWebhookSecretInput>,
  { caller, requestId }: Call,
) {
  const [secret, now] = [newSecret(), clock.now()];
  const until = new Date(now.getTime() + overlapHours * 3_600_000);
  return db.transaction(async (tx) => {
    await tx.execute(sql`select from webhook_endpoints where id = ${id}::uuid for update`);
    const { secret: earlier } = await findEndpoint(tx, id);
    await tx.execute(sql`
      update webhook_endpoints set secret = ${encrypt(secret, 'secret')}, earlier_secret = ${encrypt(earlier, 'earlier_secret')}, earlier_until = ${instantSql(until)}
      where id = ${id}::uuid`);
    const after = { earlierSecretUntil: until.toISOString() };
    await record(tx, { actor: caller.id, action: 'webhook_secret_rotated', subject: id, after, requestId, happenedAt: now });
    return { webhookId: id, secret, earlierSecretUntil: until.toISOString() };
  });
}

import { sql } from 'drizzle-orm';
import pRetry from 'p-retry';
import * as z from 'zod';
import { newId } from '#ground/db/columns.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import { isWorthRepeating } from '#ground/db/errors.ts';
import { readRows } from '#ground/db/rows.ts';
import { parseStkCallback } from '#mpesa/daraja/parse-stk-callback.ts';
import type { Core } from '#mpesa/wiring/app.ts';
import { SETTLE_DC89B02 } from './statement-dc89b02.ts';

const Settled = z.object({ paymentId: z.uuid().nullable(), depositId: z.uuid().nullable(), verdict: z.string(), duplicate: z.boolean() });

/** Text and names of parameters by turns. */
const PIECES = SETTLE_DC89B02.split(/[{}]/);

/** Settles a callback as the commit dc89b02 did, whose schema the database must have: the same steps in Node around the same statement. */
export async function settleAsDc89b02(app: Pick<Core, 'db' | 'clock' | 'log'>, attemptId: string, body: string) {
  const { says, amountCents, phone, checkoutRequestId, receipt, resultCode } = parseStkCallback(body);
  const values: Record<string, string | null> = {
    attempt: attemptId,
    source: 'callback',
    says: says !== 'paid' || phone !== undefined ? says : 'unclear',
    amount: amountCents?.toString() ?? null,
    receipt: receipt ?? null,
    code: resultCode ?? null,
    phoneHash: phone && 'full' in phone ? lookupHash(phone.full) : null,
    phoneTail: phone && 'tail' in phone ? phone.tail : null,
    checkoutHash: checkoutRequestId ? lookupHash(checkoutRequestId) : null,
    checkout: checkoutRequestId ? encrypt(checkoutRequestId, 'checkout_request_id') : null,
    bodyHash: lookupHash(body),
    body: encrypt(body, 'body'),
    at: app.clock.now().toISOString(),
    ...{ deposit: newId(), evidence: newId(), transfer: newId(), audit: newId(), review: newId(), alert: newId() },
  };
  const statement = sql.empty();
  for (const [at, piece] of PIECES.entries()) statement.append(at % 2 === 0 ? sql.raw(piece) : sql`${values[piece]}`);
  const [settled] = await pRetry(() => readRows(app.db, Settled, statement), {
    ...{ retries: 10, minTimeout: 50, maxTimeout: 4_000, maxRetryTime: 20_000, shouldRetry: ({ error }) => isWorthRepeating(error) },
  });
  app.log.info('stk_callback', { attemptId, verdict: settled?.verdict, duplicate: settled?.duplicate, resultCode });
  return settled;
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import { recordSql } from '../audit/record.ts';
import type { Call, Reply } from '../call.ts';
import { newId } from '../db/columns.ts';
import { lookupHash } from '../db/encryption.ts';
import { violatedConstraint } from '../db/errors.ts';
import { readRows } from '../db/rows.ts';
import { AppError } from '../errors.ts';
import { ACCOUNTS } from '../ledger/accounts.ts';
import { shillings } from '../money/cents.ts';
import { newReference } from '../references/reference.ts';
import type { PayoutInput } from './payout-input.ts';
import { payouts } from './payouts.schema.ts';
import { splitPayout } from './split-payout.ts';

/** Asks for money to be paid out: nothing moves before somebody approves. Throws `payouts_not_configured`, `external_reference_used`. One round trip. */
export async function requestPayout(
  { db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>,
  input: PayoutInput,
  call: Call,
): Promise<Reply> {
  const manual = 'bankReference' in input;
  if (!manual && !config.initiator)
    throw new AppError('payouts_not_configured', 'Set MPESA_INITIATOR_NAME, MPESA_INITIATOR_PASSWORD and MPESA_CERTIFICATE to pay out.');
  const now = clock.now();
  const [id, reference] = [newId(), newReference('PO')];
  const parts = manual ? [input.amount] : splitPayout(input.amount);
  const statement = sql`
  with payout as (
    insert into payouts (id, reference, kind, reason, source_account, phone, phone_hash, bank_reference, amount_cents, parts_cents, state, caller, external_reference,
      requested_by, requested_at)
    values (${id}::uuid, ${reference}, ${manual ? 'manual' : 'payment'}, ${input.reason}, ${ACCOUNTS.expenses},
      ${manual ? sql`null` : sql`${sql.param(input.phoneNumber, payouts.phone)}`}, ${manual ? null : lookupHash(input.phoneNumber)},
      ${manual ? input.bankReference : null}, ${input.amount.toString()}::bigint, ${sql.param(parts.map(String))}::bigint[], 'requested', ${call.caller.id},
      ${input.externalReference ?? null}, ${call.caller.id}, ${now.toISOString()}::timestamptz)
    returning id
  ), audited as (
    ${recordSql({ actor: call.caller.id, action: 'payout_requested', subject: sql`id::text`, before: sql`null::jsonb`, after: sql`null::jsonb`, happenedAt: now, from: sql`payout` })}
  )
  select id from payout`;
  await readRows(db, z.object({ id: z.uuid() }), statement).catch((error: unknown) => {
    if (violatedConstraint(error) === 'payouts_external_reference')
      throw new AppError('external_reference_used', 'A payout with this externalReference exists.');
    throw error;
  });
  return {
    status: 201,
    json: { payoutId: id, reference, state: 'requested', amount: shillings(input.amount), parts: parts.map(shillings) },
  };
}

import { sql } from 'drizzle-orm';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { violatedConstraint } from '#ground/db/errors.ts';
import { instantSql } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { answerOnceInBatch } from '#ground/idempotency/answer-once.ts';
import { shillings } from '#ground/money/cents.ts';
import { newReference } from '#ground/references/reference.ts';
import type { App } from '../wiring/app.ts';
import type { PayoutInput } from './payout-input.ts';
import { payouts } from './payouts.schema.ts';
import { splitPayout } from './split-payout.ts';

/**
 * Requests a payout: nothing moves before somebody approves it. Throws `payouts_not_configured`, `external_reference_used`, `key_reused`.
 * One round trip; repeated with the same Idempotency-Key it answers the same bytes.
 */
export async function requestPayout({ db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>, input: PayoutInput, call: Call) {
  const manual = 'bankReference' in input;
  if (!manual && !config.initiator)
    throw new AppError('payouts_not_configured', 'Set MPESA_INITIATOR_NAME, MPESA_INITIATOR_PASSWORD and MPESA_CERTIFICATE to pay out.');
  const now = clock.now();
  const [id, reference] = [newId(), newReference('PO')];
  const parts = manual ? [input.amount] : splitPayout(input.amount);
  const statement = sql`
  with payout as (
    insert into payouts (id, reference, kind, reason_sealed, source_account, phone, phone_hash, bank_reference, amount_cents, parts_cents, state, caller, external_reference,
      requested_by, requested_at)
    values (${id}::uuid, ${reference}, ${manual ? 'manual' : 'payment'}, ${sql.param(input.reason, payouts.reasonSealed)}, ${ACCOUNTS.expenses},
      ${manual ? sql`null` : sql`${sql.param(input.phoneNumber, payouts.phone)}`}, ${manual ? null : lookupHash(input.phoneNumber)},
      ${manual ? input.bankReference : null}, ${input.amount.toString()}::bigint, ${sql.param(parts.map(String))}::bigint[], 'requested', ${call.caller.id},
      ${input.externalReference ?? null}, ${call.caller.id}, ${instantSql(now)})
    returning id
  ), audited as (
    ${recordSql({ actor: call.caller.id, action: 'payout_requested', subject: sql`id::text`, before: sql`null::jsonb`, after: sql`null::jsonb`, requestId: call.requestId, happenedAt: now, from: sql`payout` })}
  )
  select id from payout`;
  const answer = { payoutId: id, reference, state: 'requested', amount: shillings(input.amount), parts: parts.map(shillings) };
  try {
    return await answerOnceInBatch(db, { key: call.key, id, now }, [statement], answer);
  } catch (error) {
    if (violatedConstraint(error) === 'payouts_external_reference')
      throw new AppError('external_reference_used', 'A payout with this externalReference exists.');
    throw error;
  }
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import type { Reply } from '../call.ts';
import { bigintText, decrypted, instant, readRows } from '../db/rows.ts';
import { shillings } from '../money/cents.ts';
import { maskPhone } from '../payments/mask-phone.ts';
import { PAYOUT_STATES } from './payouts.schema.ts';

/** Which payouts: by state, newest first, those before `before`. */
export const ListPayoutsInput = z.strictObject({
  state: z.enum(PAYOUT_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  before: z.uuid().optional(),
});

const Part = z.object({
  withdrawalId: z.uuid(),
  part: z.number(),
  cents: bigintText,
  state: z.string(),
  receipt: z.string().nullable(),
  resultCode: z.string().nullable(),
});

const Row = z.object({
  id: z.uuid(),
  reference: z.string(),
  kind: z.string(),
  reason: z.string(),
  reasonSealed: decrypted('reason_sealed').nullable(),
  state: z.enum(PAYOUT_STATES),
  amountCents: bigintText,
  phone: decrypted('phone').nullable(),
  bankReference: z.string().nullable(),
  externalReference: z.string().nullable(),
  requestedBy: z.string(),
  requestedAt: instant,
  decidedBy: z.string().nullable(),
  decidedAt: instant.nullable(),
  parts: z.array(Part),
});

/** Payouts with their parts, newest first, in keyset pages: ids grow with time. */
export async function listPayouts({ db }: Pick<App, 'db'>, { state, limit, before }: z.output<typeof ListPayoutsInput>): Promise<Reply> {
  const rows = await readRows(
    db,
    Row,
    sql`
    select p.id, p.reference, p.kind, p.reason, p.reason_sealed as "reasonSealed", p.state, p.amount_cents as "amountCents", p.phone, p.bank_reference as "bankReference",
      p.external_reference as "externalReference", p.requested_by as "requestedBy", p.requested_at as "requestedAt", p.decided_by as "decidedBy", p.decided_at as "decidedAt",
      coalesce((select jsonb_agg(jsonb_build_object('withdrawalId', w.id, 'part', w.part, 'cents', w.amount_cents::text, 'state', w.state, 'receipt', w.receipt,
        'resultCode', w.result_code) order by w.part) from withdrawals w where w.payout_id = p.id), '[]') as parts
    from payouts p
    where (${state ?? null}::text is null or p.state = ${state ?? null}) and (${before ?? null}::uuid is null or p.id < ${before ?? null}::uuid)
    order by p.id desc limit ${limit}`,
  );
  return {
    json: {
      payouts: rows.map(({ id, reason, reasonSealed, amountCents, phone, parts, ...row }) => ({
        payoutId: id,
        ...row,
        reason: reasonSealed ?? reason, // in clear from before it was sealed
        amount: shillings(amountCents),
        maskedPhone: phone && maskPhone(phone),
        parts: parts.map(({ cents, ...part }) => ({ ...part, amount: shillings(cents) })),
      })),
      nextBefore: rows.length === limit ? (rows.at(-1)?.id ?? null) : null,
    },
  };
}

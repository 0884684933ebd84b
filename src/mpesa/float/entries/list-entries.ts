import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, decrypted, instant, readRows } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import type { App } from '../../wiring/app.ts';
import { FLOAT_ENTRY_STATES } from '../float.schema.ts';
import { sayDifference, sayOpening } from '../watch/tell-differences.ts';
import { PaidToAnother, paidToAnotherSql, sayPaidToAnother } from './paid-to-another.ts';

/** Which entries: by state, newest first, those before `before`. */
export const ListEntriesInput = z.strictObject({
  state: z.enum(FLOAT_ENTRY_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  before: z.uuid().optional(),
});

const Entry = z.object({
  id: z.uuid(),
  shortcode: z.string(),
  kind: z.string(),
  amountCents: bigintText,
  occurredOn: z.string(),
  note: decrypted('note').nullable(),
  state: z.string(),
  provedBy: z.string().nullable(),
  receipt: z.string().nullable(),
  depositId: z.uuid().nullable(),
  paymentId: z.uuid().nullable(),
  loanId: z.uuid().nullable(),
  bookingId: z.uuid().nullable(),
  askedBy: z.string(),
  askedAt: instant,
  decidedBy: z.string().nullable(),
  decidedAt: instant.nullable(),
  decisionNote: decrypted('decision_note').nullable(),
  paidToAnother: PaidToAnother.nullable(),
});

const Open = z.object({ shortcode: z.string(), amountCents: bigintText, sinceAt: instant, firstAt: instant, foundAt: instant });
const Opening = z.object({ shortcode: z.string(), openingCents: bigintText, openedAt: instant });

/** Entries between bank and M-PESA, newest first, in keyset pages; beside them what is unexplained now, with what to do, and what was there before the first balance. */
export async function listEntries({ db }: Pick<App, 'db'>, { state, limit, before }: z.output<typeof ListEntriesInput>) {
  const entries = await readRows(
    db,
    Entry,
    sql`
    select id, shortcode, kind, amount_cents as "amountCents", occurred_on::text as "occurredOn", note, state, proved_by as "provedBy", receipt, deposit_id as "depositId", payment_id as "paymentId", loan_id as "loanId", booking_id as "bookingId", asked_by as "askedBy",
      asked_at as "askedAt", decided_by as "decidedBy", decided_at as "decidedAt",
      decision_note as "decisionNote", ${paidToAnotherSql(sql`float_entries`)} as "paidToAnother"
    from float_entries
    where (${state ?? null}::text is null or state = ${state ?? null}) and (${before ?? null}::uuid is null or id < ${before ?? null}::uuid)
    order by id desc limit ${limit}`,
  );
  const open = await readRows(
    db,
    Open,
    sql`
    select shortcode, amount_cents as "amountCents", since_at as "sinceAt", first_at as "firstAt", found_at as "foundAt"
    from float_differences where explained_at is null and accepted_at is null order by first_at, id limit 100`,
  );
  const openings = await readRows(
    db,
    Opening,
    sql`
    select * from (
      select w.shortcode, w.opening_cents - learnt_since_1(w.shortcode, w.opened_at) as "openingCents", w.opened_at as "openedAt" from float_watches w
    ) opened where "openingCents" <> 0 order by shortcode`,
  );
  return {
    entries: entries.map(({ id, amountCents, occurredOn, paidToAnother, ...row }) => ({
      entryId: id,
      ...row,
      amount: shillings(amountCents),
      on: occurredOn,
      ...(paidToAnother && { warning: sayPaidToAnother(paidToAnother) }),
    })),
    nextBefore: entries.length === limit ? (entries.at(-1)?.id ?? null) : null,
    unexplained: open.map(({ amountCents, ...row }) => ({
      ...row,
      amount: shillings(amountCents),
      words: sayDifference({ ...row, amountCents }),
    })),
    beforeTheFirstBalance: openings.map(({ openingCents, ...row }) => ({
      ...row,
      amount: shillings(openingCents),
      words: sayOpening({ ...row, openingCents }),
    })),
  };
}

import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes } from '#ground/money/cents.ts';

const Refuted = z.object({ id: z.uuid(), refuted: z.boolean(), takenBack: z.boolean() });

/** Refuses refuted money, wherever somebody wants to refund it or pay with it, and says what to do. */
function refuseRefuted({ id, takenBack }: z.output<typeof Refuted>): never {
  const words = takenBack
    ? 'This money never came: it was refuted and has been taken back. There is nothing left to refund or to match.'
    : `Safaricom does not have this money: it was refuted. Take it back: POST /api/deposits/${id}/take-back with {"reason": "..."}.`;
  throw new AppError('deposit_refuted', words, { depositId: id });
}

/** Throws `deposit_refuted` or `receipt_unconfirmed` unless the money of these deposits is proved and so may leave. Lock the deposits first. */
export async function requireConfirmed(tx: Tx, depositIds: string[]): Promise<void> {
  const statement = sql`
  select d.id, d.refuted_at is not null as refuted, d.taken_back_at is not null as taken_back from deposits d
  where d.id = any(${sql.param(depositIds)}::uuid[]) and (d.confirmed_at is null or d.refuted_at is not null) order by d.id = ${depositIds[0] ?? null}::uuid desc, d.id`;
  const [row] = await readRows(tx, Refuted, statement);
  if (row?.refuted) refuseRefuted(row);
  if (row)
    throw new AppError(
      'receipt_unconfirmed',
      'It is not proved yet that this money came, so it cannot leave. Safaricom is asked where that is set up, mostly within minutes; else a signed statement proves it: try again then.',
    );
}

/** Throws `deposit_refuted` or `reversed_elsewhere` for money that was refuted, or reversed in Safaricom's portal, and so cannot be matched. */
export async function requireThere(tx: Tx, depositId: string): Promise<void> {
  const statement = sql`select id, refuted_at is not null as refuted, taken_back_at is not null as taken_back from deposits where id = ${depositId}::uuid`;
  const [deposit] = await readRows(tx, Refuted, statement);
  if (deposit?.refuted) refuseRefuted(deposit);
  await requireNotReversed(tx, depositId);
}

/**
 * Throws `deposit_refuted` or `reversed_elsewhere` for money that was refuted, or that signed statements show as reversed in the portal, and so cannot be earned.
 * Lock the deposit first.
 */
export async function requireNotLost(tx: Tx, depositId: string): Promise<void> {
  const Lost = Refuted.extend({ back: GivenBack.nullable() });
  const statement = sql`
  select id, refuted_at is not null as refuted, taken_back_at is not null as taken_back, case given_back_2(d) when 'portal' then ${givenBackJson} end as back
  from deposits d where id = ${depositId}::uuid and (refuted_at is not null or given_back_2(d) = 'portal')`;
  const [lost] = await readRows(tx, Lost, statement);
  if (lost?.refuted) refuseRefuted(lost);
  if (lost?.back) throw new AppError('reversed_elsewhere', sayGivenBack(lost.back), { receipt: lost.back.receipt ?? '' });
}

/**
 * A deposit's reversal in the portal (given_back_2): `backCents` of its `cents`, and the reversal's receipt. `perhaps` where the statement does not say which
 * payment was reversed.
 */
export const GivenBack = z.object({
  how: z.enum(['portal', 'perhaps']),
  depositId: z.string(),
  backCents: z.coerce.bigint(),
  cents: z.coerce.bigint(),
  receipt: z.string().nullable(),
});

const givenBackJson = sql`jsonb_build_object('how', given_back_2(d), 'depositId', d.id, 'backCents', coalesce(d.reversed_elsewhere_cents, 0)::text,
  'cents', d.amount_cents::text, 'receipt', case given_back_2(d) when 'portal' then d.reversal_receipt else unlinked_reversal_1(d) end)`;

/** Throws `reversed_elsewhere` for a deposit that was, or may have been, reversed in the portal. Lock the deposit first. */
export async function requireNotReversed(tx: Tx, depositId: string): Promise<void> {
  const statement = sql`select ${givenBackJson} as back from deposits d where id = ${depositId}::uuid and given_back_2(d) is not null`;
  const [reversed] = await readRows(tx, z.object({ back: GivenBack }), statement);
  if (reversed) throw new AppError('reversed_elsewhere', sayGivenBack(reversed.back), { receipt: reversed.back.receipt ?? '' });
}

/** What to do about money that was reversed in the portal, in whole, in part, or perhaps. */
export function sayGivenBack({ how, depositId, backCents, cents, receipt }: z.output<typeof GivenBack>): string {
  if (how === 'perhaps' && receipt !== null)
    return `A signed statement shows that a payment was reversed in Safaricom's portal (${receipt}) and does not say which: it may be this one. Export the full statement of that time (the layout with "Linked Transaction ID"; the task "statement_reversed" about ${receipt} says the time), import it and have it signed. Or say which payment it was: POST /api/float-entries with "kind": "paid_out", "receipt": "${receipt}" and the "depositId", and have a second person approve it. Then all others are free again.`;
  if (how === 'perhaps')
    return 'A signed statement shows that a payment was reversed in Safaricom\'s portal which may be this one, since no receipt of its own is proved (see the task "receipt_doubted" or "statement_reversed"): import and sign the statement of the days in which both came, which says how many there were.';
  const takeBack = `POST /api/deposits/${depositId}/take-back with {"reason": "..."}`;
  if (backCents === cents)
    return `A signed statement shows that this money was reversed in Safaricom's portal: it does not leave a second time. Take it back: ${takeBack}.`;
  return `A signed statement shows that ${kes(backCents)} of this ${kes(cents)} was reversed in Safaricom's portal, and all of it is locked until that part is booked. Take the part back: ${takeBack}. It is booked as a refund, with its credit note, and the rest is free again.`;
}

/** `GivenBack` of the money that a payout would refund or pay on, null where it was not reversed. `payout` is the SQL alias of its row. */
export const givenBackSql = (payout: SQL): SQL => sql`(
  select ${givenBackJson} from deposits d where ${payout}.kind in ('refund', 'reversal', 'payment') and given_back_2(d) is not null
    and d.id in (${payout}.subject_id, (select c.counted_deposit_id from payments c where c.id = ${payout}.subject_id)) limit 1)`;

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { requireConfirmed, requireNotReversed } from '../paybill/confirmed.ts';
import { standingBesideSql } from '../paybill/held-back.ts';
import { leftInSuspenseSql, leftOverCounterSql, surplusLeftSql } from '../payouts/left-of-deposit.ts';
import type { Upstairs } from '../wiring/upstairs.ts';

/** A deposit, or the one that counts for a payment. */
export type GivenBack = { depositId: string } | { paymentId: string };

const Deposit = z.object({
  id: z.uuid(),
  paymentId: z.uuid().nullable(),
  amountCents: bigintText,
  receiptProved: z.boolean(),
  allocated: z.boolean(),
});

const Standing = z.object({ surplusCents: bigintText, suspenseCents: bigintText, saleCents: bigintText, givenBackCents: bigintText });

/** Locks the deposit of a refund and reads where its money stands. Throws unless the money is proved and was not reversed in the portal. */
export async function lockGivenBack(tx: Tx, upstairs: Upstairs, which: GivenBack) {
  const deposit = await lockDeposit(tx, which);
  if (!deposit?.allocated) throw new AppError('deposit_not_found', 'No money was booked for that yet.');
  await requireNotReversed(tx, deposit.id);
  await requireConfirmed(tx, await standingBeside(tx, upstairs, deposit.id));
  return { ...deposit, standing: await readStanding(tx, upstairs, deposit) };
}

async function lockDeposit(tx: Tx, input: GivenBack) {
  const which =
    'depositId' in input
      ? sql`d.id = ${input.depositId}::uuid`
      : sql`d.id = (select counted_deposit_id from payments where id = ${input.paymentId}::uuid)`;
  const [row] = await readRows(tx, z.object({ id: z.uuid() }), sql`select d.id from deposits d where ${which} for update`);
  if (!row) return undefined;
  const [deposit] = await readRows(
    tx,
    Deposit,
    sql`
    select d.id, coalesce(${'paymentId' in input ? input.paymentId : null}::uuid, (select id from payments where id = d.payment_id and counted_deposit_id = d.id)) as payment_id,
      d.amount_cents, d.receipt_proved_at is not null as receipt_proved, d.allocated_at is not null as allocated
    from deposits d where d.id = ${row.id}::uuid`,
  );
  return deposit;
}

async function standingBeside(tx: Tx, upstairs: Upstairs, depositId: string): Promise<string[]> {
  const rows = await readRows(tx, z.object({ id: z.uuid() }), standingBesideSql(upstairs, sql`${depositId}::uuid`));
  return rows.map(({ id }) => id);
}

/** Where this deposit's money stands, less refunds made or under way from there. */
async function readStanding(tx: Tx, { isInvoicedSql }: Upstairs, { id: depositId, paymentId }: z.output<typeof Deposit>) {
  const [standing] = await readRows(
    tx,
    Standing,
    sql`
    select ${surplusLeftSql(sql`${depositId}::uuid`)} as surplus_cents,
      ${leftInSuspenseSql(sql`${depositId}::uuid`)} as suspense_cents,
      (select coalesce(sum(p.amount_cents), 0) from payments p
        where p.id = ${paymentId}::uuid and p.counted_deposit_id = ${depositId}::uuid and p.purpose in ('order', 'donation') and ${isInvoicedSql(sql`p.id`)})
      - (select coalesce(sum(amount_cents), 0) from payouts where payment_id = ${paymentId}::uuid and state not in ('declined', 'rejected'))
      + ${leftOverCounterSql(sql`${depositId}::uuid`)} as sale_cents,
      (select coalesce(sum(amount_cents), 0) from payouts where subject_id = ${depositId}::uuid and kind in ('refund', 'reversal') and state not in ('declined', 'rejected')) as given_back_cents`,
  );
  if (!standing) throw new Error('A deposit went away while it was locked.');
  return standing;
}

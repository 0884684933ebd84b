import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import { record } from '../audit/record.ts';
import type { Call, Reply } from '../call.ts';
import { newId } from '../db/columns.ts';
import { bigintText, readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { AppError } from '../errors.ts';
import { replayOf } from '../idempotency/answer-once.ts';
import { claimKeySql, storeAnswerSql } from '../idempotency/claim-key.ts';
import { ACCOUNTS } from '../ledger/accounts.ts';
import { shillings } from '../money/cents.ts';
import { requireConfirmed, requireNotReversed } from '../paybill/confirmed.ts';
import { standingBesideSql } from '../paybill/held-back.ts';
import { leftInSuspenseSql, leftOverCounterSql, surplusLeftSql } from '../paybill/left-in-suspense.ts';
import { payerOf, readPayerClues } from '../paybill/payer-of.ts';
import { reasonWith, toldPayer } from '../paybill/told-payer.ts';
import { openPayout } from '../payouts/open-payout.ts';
import { chooseRefund } from './choose-refund.ts';
import type { RefundInput } from './refund-input.ts';

const Deposit = z.object({
  id: z.uuid(),
  paymentId: z.uuid().nullable(),
  amountCents: bigintText,
  receiptProved: z.boolean(),
  allocated: z.boolean(),
});

const Standing = z.object({ surplusCents: bigintText, suspenseCents: bigintText, saleCents: bigintText, givenBackCents: bigintText });

/**
 * Asks for money to be given back. It is a payout that waits for approval: reserved, sent, settled and never sent twice like any other. All that was and is
 * being given back of one deposit never exceeds what came in. Throws `deposit_not_found`, `deposit_refuted`, `receipt_unconfirmed`, `reversed_elsewhere`, `refund_too_large`, `refund_impossible`, `payer_unknown`, `forbidden`.
 */
export function requestRefund({ db, clock }: Pick<App, 'db' | 'clock'>, input: RefundInput, call: Call): Promise<Reply> {
  const now = clock.now();
  const asked = newId();
  const told = toldPayer(input, call.caller);
  const outcome = db.transaction(async (tx): Promise<Reply> => {
    if (call.key) await tx.execute(claimKeySql(call.key, { attemptId: asked, paymentId: asked }, now));
    const chosen = await chooseGivenBack(tx, input, { amountCents: input.amount, method: input.method });
    const reversed = chosen.method === 'reversal';
    const payer = payerOf(await readPayerClues(tx, chosen.depositId), told, reversed);
    const payoutId = await openPayout(tx, {
      kind: reversed ? 'reversal' : 'refund',
      ...{
        reason: reasonWith(input.reason, told),
        subject: chosen.depositId,
        sourceAccount: chosen.sourceAccount,
        amountCents: chosen.amountCents,
        givesBack: { depositId: chosen.depositId, identified: told.identifiedBy !== undefined },
        requestedBy: call.caller.id,
        now,
      },
      paymentId: chosen.paymentId,
      phone: payer.phone,
      secondPerson: !payer.sure,
    });
    const after = { payoutId, method: chosen.method, amount: shillings(chosen.amountCents) };
    await record(tx, {
      actor: call.caller.id,
      action: 'refund_requested',
      subject: chosen.depositId,
      after,
      requestId: call.requestId,
      happenedAt: now,
    });
    const answer = { status: 201, text: JSON.stringify({ ...after, state: 'requested' }) };
    if (call.key) await tx.execute(storeAnswerSql(asked, answer));
    return answer;
  });
  return outcome.catch(replayOf);
}

type Which = { depositId: string } | { paymentId: string };

/** Chooses what to give back of which deposit, under its lock: that it is proved and there, and out of which account. `paymentId` where it takes back a sale. */
async function chooseGivenBack(tx: Tx, which: Which, wanted: Parameters<typeof chooseRefund>[0]) {
  const { standing, ...deposit } = await lockGivenBack(tx, which);
  const { amountCents, receiptProved } = deposit;
  const chosen = chooseRefund(wanted, { amountCents, standing, receiptProved, givenBackCents: standing.givenBackCents });
  const paymentId = chosen.sourceAccount === ACCOUNTS.refunds ? (deposit.paymentId ?? undefined) : undefined;
  return { ...chosen, depositId: deposit.id, paymentId };
}

/** The deposit whose money is to be given back, or was, under its lock, with what stands of it: that it is proved, and not given back in the portal. */
export async function lockGivenBack(tx: Tx, which: Which) {
  const deposit = await lockDeposit(tx, which);
  if (!deposit?.allocated) throw new AppError('deposit_not_found', 'No money was booked for that yet.');
  await requireNotReversed(tx, deposit.id);
  await requireConfirmed(tx, await standingBeside(tx, deposit.id));
  return { ...deposit, standing: await readStanding(tx, deposit) };
}

async function lockDeposit(tx: Tx, input: Which) {
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
    select d.id, coalesce(${'paymentId' in input ? input.paymentId : null}::uuid, (select id from payments where id = d.payment_id and counted_deposit_id = d.id)) as "paymentId",
      d.amount_cents as "amountCents", d.receipt_proved_at is not null as "receiptProved", d.allocated_at is not null as allocated
    from deposits d where d.id = ${row.id}::uuid`,
  );
  return deposit;
}

async function standingBeside(tx: Tx, depositId: string): Promise<string[]> {
  const rows = await readRows(tx, z.object({ id: z.uuid() }), standingBesideSql(sql`${depositId}::uuid`));
  return rows.map(({ id }) => id);
}

/** What stands where for this deposit, less what has been or is being given back from there. */
async function readStanding(tx: Tx, { id: depositId, paymentId }: z.output<typeof Deposit>) {
  const [standing] = await readRows(
    tx,
    Standing,
    sql`
    select ${surplusLeftSql(sql`${depositId}::uuid`)} as "surplusCents",
      ${leftInSuspenseSql(sql`${depositId}::uuid`)} as "suspenseCents",
      (select coalesce(sum(p.amount_cents), 0) from payments p join invoices i on i.payment_id = p.id and i.kind <> 'credit_note'
        where p.id = ${paymentId}::uuid and p.counted_deposit_id = ${depositId}::uuid and p.purpose in ('order', 'donation'))
      - (select coalesce(sum(amount_cents), 0) from payouts where payment_id = ${paymentId}::uuid and state not in ('declined', 'rejected'))
      + ${leftOverCounterSql(sql`${depositId}::uuid`)} as "saleCents",
      (select coalesce(sum(amount_cents), 0) from payouts where subject = ${depositId} and kind in ('refund', 'reversal') and state not in ('declined', 'rejected'))
        as "givenBackCents"`,
  );
  if (!standing) throw new Error('A deposit went away while it was locked.');
  return standing;
}

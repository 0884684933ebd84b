import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import type { Tx } from '#ground/db/types.ts';
import { answerOnce } from '#ground/idempotency/answer-once.ts';
import { shillings } from '#ground/money/cents.ts';
import { payerOf, readPayerClues } from '../paybill/payer-of.ts';
import { reasonWith, toldPayer } from '../paybill/told-payer.ts';
import { openPayout } from '../payouts/open-payout.ts';
import type { App } from '../wiring/app.ts';
import type { Upstairs } from '../wiring/upstairs.ts';
import { chooseRefund } from './choose-refund.ts';
import { type GivenBack, lockGivenBack } from './lock-given-back.ts';
import type { RefundInput } from './refund-input.ts';

/**
 * Requests a refund. It is a payout that waits for approval: reserved, sent, settled and never sent twice, like any other. All refunds of a deposit together never
 * exceed what came in; choose-refund.ts decides how much, whole or in part, and by which method. Throws `deposit_not_found`, `deposit_refuted`,
 * `receipt_unconfirmed`, `reversed_elsewhere`, `refund_too_large`, `refund_impossible`, `payer_unknown`, `forbidden`.
 */
export function requestRefund({ db, clock, upstairs }: Pick<App, 'db' | 'clock' | 'upstairs'>, input: RefundInput, call: Call) {
  const now = clock.now();
  const asked = newId();
  const told = toldPayer(input, call.caller);
  return answerOnce(db, { key: call.key, id: asked, now }, async (tx) => {
    const chosen = await chooseGivenBack(tx, upstairs, input, { amountCents: input.amount, method: input.method });
    const reversed = chosen.method === 'reversal';
    const payer = payerOf(await readPayerClues(tx, chosen.depositId), told, reversed);
    const payoutId = await openPayout(tx, {
      kind: reversed ? 'reversal' : 'refund',
      ...{
        reason: reasonWith(input.reason, told),
        subjectId: chosen.depositId,
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
    return { ...after, state: 'requested' };
  });
}

/** Locks the deposit and chooses the refund; `paymentId` is set where it undoes a sale. */
async function chooseGivenBack(tx: Tx, upstairs: Upstairs, which: GivenBack, wanted: Parameters<typeof chooseRefund>[0]) {
  const { standing, ...deposit } = await lockGivenBack(tx, upstairs, which);
  const { amountCents, receiptProved } = deposit;
  const chosen = chooseRefund(wanted, { amountCents, standing, receiptProved, givenBackCents: standing.givenBackCents });
  const paymentId = chosen.sourceAccount === ACCOUNTS.refunds ? (deposit.paymentId ?? undefined) : undefined;
  return { ...chosen, depositId: deposit.id, paymentId };
}

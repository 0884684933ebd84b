import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Reason } from '#ground/audit/reason.ts';
import { record } from '#ground/audit/record.ts';
import type { Call, OpenCall } from '#ground/call.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes } from '#ground/money/cents.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { allocate } from '../payments/allocate.ts';
import type { App } from '../wiring/app.ts';
import { nameSuccess } from './name-success.ts';
import { type RECORDED_STATES, recordedReceipts } from './recorded-receipts.schema.ts';
import { ownMoney } from './refuse-known-receipt.ts';
import { refuseOwnReceipt } from './refuse-own-receipt.ts';
import { settleRecorded } from './settle-recorded.ts';

/** Which recorded receipt. */
export const ApproveReceiptInput = z.strictObject({ id: z.uuid() });

/** Which recorded receipt, and why it is not believed. */
export const RejectReceiptInput = z.strictObject({ id: z.uuid(), reason: Reason });

const RECORDED = pick(recordedReceipts, 'r', [
  ...(['id', 'receipt', 'amountCents', 'shortcode', 'movedAt', 'typedReference', 'payerPhone', 'payerName'] as const),
  ...(['state', 'recordedBy', 'recordedAt', 'depositId'] as const),
]);
type Recorded = z.output<typeof RECORDED.row>;
type State = (typeof RECORDED_STATES)[number];

/**
 * Books a recorded receipt as told money, or gives it to the payment that it names, once, by another person than who recorded it; where Safaricom has reported it
 * meanwhile, nothing more is done. Throws `receipt_not_found`, `receipt_decided`, `second_person_needed`, `own_loan`, `own_account`, and `receipt_known` for what turns out
 * to be no payment to us, or another one.
 */
export async function approveReceipt(app: App, { id }: z.output<typeof ApproveReceiptInput>, call: OpenCall) {
  const now = app.clock.now();
  const decided = await app.db.transaction(async (tx) => {
    const recorded = await lockRecorded(tx, id, call);
    const { receipt } = recorded;
    await refuseOwnReceipt(app, tx, recorded.typedReference, call);
    await tx.execute(sql`select lock_group_1(${recorded.amountCents.toString()}::bigint)`); // in the order of all who settle
    await tx.execute(sql`select lock_receipt_1(${receipt})`);
    const earlier = await findDeposit(tx, receipt);
    if (earlier) requireSame(recorded, earlier);
    const { state, depositId, bodyHash } = earlier ? FOUND : await believe(app, tx, recorded, call, now);
    await decide(tx, recorded, { state, depositId: (earlier ?? (await findDeposit(tx, receipt)))?.id, bodyHash, call, now });
    return { state, depositId };
  });
  const { depositId } = decided;
  if (depositId) call.later(() => allocate(app, depositId));
  return { receiptId: id, state: decided.state };
}

const FOUND = { state: 'found', depositId: null, bodyHash: null } as const;

/** `depositId`: what can be allocated now. */
async function believe(app: App, tx: Tx, { depositId, ...recorded }: Recorded, call: Call, now: Date) {
  if (depositId !== null) {
    const named = await nameSuccess(tx, { ...recorded, depositId }, { by: call.caller.id, usual: app.config.mpesa.shortcode, now });
    if (!named) throw ownMoney(recorded.receipt);
    return { state: 'named' as const, depositId: null, ...named };
  }
  const settled = await settleRecorded(app, tx, recorded, now);
  if (settled.verdict === 'own_payout') throw ownMoney(recorded.receipt);
  return { state: 'booked' as const, ...settled };
}

/** What has come in meanwhile under this code must be what was recorded. */
function requireSame({ receipt, amountCents, depositId }: Recorded, earlier: Earlier): void {
  const differs =
    amountCents !== earlier.amountCents
      ? `with ${kes(earlier.amountCents)}, and was recorded with ${kes(amountCents)}`
      : depositId !== null && depositId !== earlier.id && 'as another payment than the one that it was to name';
  if (differs)
    throw new AppError('receipt_known', `${receipt} is in the books ${differs}: compare both with the portal, and reject this one.`, {
      depositId: earlier.id,
    });
}

/** Rejects a recorded receipt, once, by another person than who recorded it: nothing is booked. Throws as approving does. */
export function rejectReceipt({ db, clock }: Pick<App, 'db' | 'clock'>, { id, reason }: z.output<typeof RejectReceiptInput>, call: Call) {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const recorded = await lockRecorded(tx, id, call);
    await decide(tx, recorded, { state: 'rejected', reason, call, now });
    return { receiptId: id, state: 'rejected' as const };
  });
}

async function lockRecorded(tx: Tx, id: string, { caller }: Call): Promise<Recorded> {
  const [recorded] = await readRows(
    tx,
    RECORDED.row,
    sql`select ${RECORDED.list} from recorded_receipts r where r.id = ${id}::uuid for update`,
  );
  if (!recorded) throw new AppError('receipt_not_found', 'There is no such recorded receipt: GET /api/receipts lists them.');
  if (recorded.state !== 'asked') throw new AppError('receipt_decided', `This receipt is ${recorded.state} already: it is decided once.`);
  if (recorded.recordedBy === caller.id)
    throw new AppError(
      'second_person_needed',
      'You recorded this receipt: a second person has to look at it, on the phone or in the portal.',
    );
  return recorded;
}

const Earlier = z.object({ id: z.uuid(), amountCents: bigintText });
type Earlier = z.output<typeof Earlier>;

async function findDeposit(tx: Tx, receipt: string): Promise<Earlier | undefined> {
  const [found] = await readRows(tx, Earlier, sql`select d.id, d.amount_cents from deposits d where d.receipt = ${receipt}`);
  return found;
}

type Decision = { state: State; depositId?: string | undefined; bodyHash?: string | null; reason?: string; call: Call; now: Date };

async function decide(tx: Tx, { id, receipt }: Recorded, { state, depositId, bodyHash, reason, call, now }: Decision): Promise<void> {
  const by = call.caller.id;
  await tx.execute(sql`
    update recorded_receipts set state = ${state}, decided_by = ${by}, decided_at = ${instantSql(now)}, decision_note = ${reason ?? null},
      deposit_id = ${depositId ?? null}::uuid, body_hash = ${bodyHash ?? null}
    where id = ${id}::uuid`);
  const note = state === 'rejected' ? `Rejected: ${reason}` : 'It is in the books.';
  await tx.execute(closeTasksSql({ kinds: ['receipt_recorded'], subjects: [id], closedAt: now, closedBy: by, note }));
  const after = { receipt, state, ...(reason && { reason }) };
  await record(tx, {
    actor: by,
    action: 'receipt_decided',
    subject: id,
    before: 'asked',
    after,
    requestId: call.requestId,
    happenedAt: now,
  });
}

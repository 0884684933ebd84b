import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { transferSql } from '#books/ledger/transfer.ts';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { refusalOf } from '#ground/db/errors.ts';
import { inOneBatch, instantSql, rowOf } from '#ground/db/rows.ts';
import { AppError, isErrorCode } from '#ground/errors.ts';
import { kes } from '#ground/money/cents.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';
import { GivenBack, givenBackSql, sayGivenBack } from '../paybill/confirmed.ts';
import { HeldBack, heldBackSql, sayHeldBack } from '../paybill/held-back.ts';
import { payerChangedSql } from '../paybill/payer-of.ts';
import type { App } from '../wiring/app.ts';
import { arrivedAlreadySql } from './arrived-already.ts';
import { isOfCopySql } from './hold-copied.ts';
import { receiptMovedSql } from './receipt-moved.ts';
import { LOCK_FLOAT, requireFloatSql } from './require-float.ts';
import { reservePartsSql } from './reserve-payouts.ts';
import { ARE_STOPPED } from './stopped.ts';
import { checkSecondPersonSql, countApprovedAloneSql, ownLoanSql, saySecondPerson } from './who-may-approve.ts';

/** Which payout, and whether it is approved or declined. */
export const DecideInput = z.strictObject({ id: z.uuid(), decision: z.enum(['approve', 'decline']).default('approve') });

type Detail = { state?: string; why?: string; held?: z.output<typeof HeldBack>; back?: unknown; shortcode?: string } & {
  [Cents in 'availableCents' | 'provedCents' | 'promisedCents' | 'toldCents']?: string;
};

const SENTENCES: Record<string, (detail: Detail) => string> = {
  payout_not_found: () => 'There is no such payout.',
  payout_decided: ({ state }) => `This payout is ${state} already: it is decided once.`,
  own_loan: () => 'This disburses your own loan: somebody else has to decide it.',
  payout_under_way: ({ why }) =>
    why === 'copy'
      ? OF_COPY
      : why === 'late'
        ? PAID_LATE
        : 'Money that seemed lost has arrived: this would send it twice. Decline it, and request a new payout of what is still owed.',
  payer_unknown: () => sayHeldBack('counted'),
  receipt_unconfirmed: ({ held }) => `${sayHeldBack(HeldBack.parse(held))} Approve it then, or decline it.`,
  receipt_moved: () =>
    'Its deposit no longer has the receipt that this reversal was requested for: that receipt belongs to another payment. Decline it, and request a new refund of what is still owed.',
  payer_changed: () =>
    'Another phone paid this money, as is now known, or it is another payment than the one this was requested for: it is not sent to this phone. Decline it, and request a new refund of what is still owed, to the payer.',
  reversed_elsewhere: ({ back }) => sayGivenBack(GivenBack.parse(back)),
  second_person_needed: ({ why }) => saySecondPerson(why),
  insufficient_float: (detail) => sayFloat(detail),
};

/** Says that nobody has looked yet what became of it. */
const OF_COPY =
  'This is a copy of an earlier state, in which it may have been paid since: look it up on the M-PESA statement, decline it if it was, and close its task "payout_of_copy" if it was not. Then approve it.';

/** Says that it may be the same debt. */
const PAID_LATE =
  'M-PESA has paid an earlier payout to this phone after all, which had been rejected: decline this one if it is for the same, or close the task "payout_paid_late" if it is not. Then approve it.';

/** Whether an earlier payout to the phone of `payout`, a row's alias, was paid late and nobody has said whether it was for the same. */
const paidLateSql = (payout: SQL): SQL => sql`(${payout}.subject_id is null and exists (
  select from reviews r join withdrawals w on w.id = case r.kind when 'payout_paid_late' then r.subject end::uuid join payouts late on late.id = w.payout_id
  where r.kind = 'payout_paid_late' and r.closed_at is null and late.subject_id is null and late.phone_hash = ${payout}.phone_hash and late.id <> ${payout}.id))`;

/** Says what is available, what is not, and what to do. */
function sayFloat({ availableCents, provedCents, promisedCents, toldCents, shortcode }: Detail): string {
  const print = (cents: string | undefined) => kes(BigInt(cents ?? 0));
  const told =
    BigInt(toldCents ?? 0) > 0n
      ? ` We were notified of ${print(toldCents)} more, which is not proved yet: it cannot leave before it is.`
      : '';
  const proved = BigInt(provedCents ?? 0);
  const stands =
    proved < 0n
      ? `the books have ${kes(-proved)} less than nothing on ${shortcode}, from which it is sent (is a sweep or a charge entered that was smaller, or never happened?),`
      : `${print(provedCents)} is proved on ${shortcode}, from which it is sent,`;
  return `${BigInt(availableCents ?? 0) < 0n ? 'Nothing' : print(availableCents)} can leave: ${stands} and ${print(promisedCents)} of it is promised already.${told} Did money come from the bank, or was it there before? Enter it as a top-up (POST /api/float-entries) and have a second person approve it. From another short code of yours: a sweep there and a top-up here. Else top up first.`;
}

const STOPPED = 'Payouts are stopped (see the task "payouts_stopped"): it is sent when they are started again.';

/**
 * Approves or declines a payout, once, in one round trip. Approving reserves the money in the ledger, part by part, and promises the
 * dispatch of each; a bank transfer is booked as made. Who may, and when it takes a second person: who-may-approve.ts.
 */
export async function decidePayout(
  app: Pick<App, 'db' | 'clock' | 'config' | 'upstairs'>,
  { id, decision }: z.output<typeof DecideInput>,
  call: Call,
) {
  const now = app.clock.now();
  const statements = decision === 'approve' ? approveSql(app, id, call, now) : [lockSql(id), checkSql(id, call), declineSql(id, call, now)];
  try {
    const results = await inOneBatch(app.db, statements);
    const { state, stopped } = rowOf(z.object({ state: z.string(), stopped: z.boolean().default(false) }), results.at(-1)?.rows);
    return { payoutId: id, state, ...(stopped && state === 'approved' && { waits: STOPPED }) };
  } catch (error) {
    const refusal = refusalOf(error);
    const sentence = refusal && SENTENCES[refusal.code];
    if (!refusal || !sentence || !isErrorCode(refusal.code)) throw error;
    throw new AppError(refusal.code, sentence(refusal.detail as Parameters<typeof sentence>[0]), { payoutId: id });
  }
}

const lockSql = (id: string): SQL => sql`select from payouts where id = ${id}::uuid for update`;

const checkSql = (id: string, call: Call): SQL => sql`
  select case
    when p.id is null then refuse('payout_not_found')
    when p.state <> 'requested' then refuse('payout_decided', jsonb_build_object('state', p.state))
    when ${ownLoanSql(call)} then refuse('own_loan')
    else true end
  from (select) as always left join payouts p on p.id = ${id}::uuid`;

const declineSql = (id: string, call: Call, now: Date): SQL => sql`
  with decided as (
    update payouts set state = 'declined', decided_by = ${call.caller.id}, decided_at = ${instantSql(now)} where id = ${id}::uuid returning id, state, kind
  ), audited as (${audit('payout_declined', call, now)}), told as (
    ${enqueueSql({
      key: sql`'loan-payout:' || id || ':declined'`,
      message: { kind: 'loan_payout_settled', payoutId: sql`id` },
      dueAt: now,
      from: sql`decided where kind = 'loan'`,
    })}
  )
  select state from decided`;

function approveSql(app: Pick<App, 'config' | 'upstairs'>, id: string, call: Call, now: Date): SQL[] {
  const at = instantSql(now);
  return [
    LOCK_FLOAT,
    lockSql(id),
    checkSql(id, call),
    checkSecondPersonSql(app, id, call),
    sql`select case when ${isOfCopySql('payout_of_copy', id)} then refuse('payout_under_way', '{"why": "copy"}') else true end from (select) as always`,
    sql`select case when ${paidLateSql(sql`p`)} then refuse('payout_under_way', '{"why": "late"}') else true end from payouts p where p.id = ${id}::uuid`,
    sql`select case when ${arrivedAlreadySql(app.upstairs, sql`p`)} then refuse('payout_under_way') else true end from payouts p where p.id = ${id}::uuid`,
    sql`select case when held <> 'second_person' then refuse(case held when 'counted' then 'payer_unknown' else 'receipt_unconfirmed' end, jsonb_build_object('held', held)) else true end
      from (select ${heldBackSql(app.upstairs, sql`p`)} as held from payouts p where p.id = ${id}::uuid) held_back`,
    sql`select case when back is not null then refuse('reversed_elsewhere', jsonb_build_object('back', back)) else true end
      from (select ${givenBackSql(sql`p`)} as back from payouts p where p.id = ${id}::uuid) given_back`,
    sql`select case when ${receiptMovedSql(sql`p`)} then refuse('receipt_moved') else true end from payouts p where p.id = ${id}::uuid`,
    sql`select case when ${payerChangedSql(sql`p`)} then refuse('payer_changed') else true end from payouts p where p.id = ${id}::uuid`,
    requireFloatSql(app.config, id),
    ...countApprovedAloneSql(app.config, id, call, now),
    ...reservePartsSql(sql`p.id = ${id}::uuid`, { now }),
    bankTransferSql(id, now),
    sql`with decided as (
        update payouts set receipt = case kind when 'reversal' then coalesce(receipt, (select d.receipt from deposits d where d.id = subject_id)) else receipt end,
          state = case kind when 'manual' then 'paid' else 'approved' end, decided_by = ${call.caller.id}, decided_at = ${at}
        where id = ${id}::uuid returning id, state
      ), audited as (${audit('payout_approved', call, now)})
      select state, ${ARE_STOPPED} as stopped from decided`,
  ];
}

/** Books a bank transfer as made. */
const bankTransferSql = (id: string, now: Date): SQL =>
  transferSql({
    kind: 'payout_paid',
    sourceId: sql`p.id`,
    ...{ debit: sql`p.source_account`, credit: ACCOUNTS.bank, amountCents: sql`p.amount_cents` },
    bookedAt: now,
    from: sql`payouts p where p.id = ${id}::uuid and p.kind = 'manual'`,
  });

const audit = (action: string, call: Call, now: Date): SQL =>
  recordSql({
    actor: call.caller.id,
    action,
    subject: sql`id::text`,
    before: sql`to_jsonb('requested'::text)`,
    after: sql`to_jsonb(state)`,
    requestId: call.requestId,
    happenedAt: now,
    from: sql`decided`,
  });

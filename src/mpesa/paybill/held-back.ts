import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { isDoubtedSql, mayBeCountedSql } from './payer-of.ts';

const WORDS = {
  unproved:
    'Nothing proves now that this money came: what had proved it is, or may be, another payment\'s (see the task "receipt_doubted", "deposit_displaced" or "deposit_refuted"). It does not leave before it is proved.',
  counted:
    'A prompt of that amount was paid meanwhile whose receipt is not sure: this may be its money. It can leave when the task about that is closed.',
  doubted:
    'What was told of the receipt of this money does not agree, so that it may have been paid for something else (see the task "receipt_told_twice", "receipt_words_differ", "receipt_payer_differs" or "receipt_doubted" of its deposit). It is paid on to nobody before a person has looked and closed that task.',
};

/** Why money is held back. */
export const HeldBack = z.enum(['unproved', 'counted', 'doubted']);

/** The same in words, for who asks for it or approves it. */
export const sayHeldBack = (why: z.output<typeof HeldBack>): string => WORDS[why];

/**
 * A deposit, and those that pay what it would have paid: the payment's that counts and was not taken back, the other repayments of a loan that it was taken back out of. One of them may be
 * forged as long as nothing but a notice tells of it; the money that truly came does not leave before. `deposit` is its id in the statement.
 */
export const standingBesideSql = (deposit: SQL): SQL => sql`
  select ${deposit} as id
  union select counted.id from deposits own join payments c on c.id = own.payment_id join deposits counted on counted.id = c.counted_deposit_id
  where own.id = ${deposit} and counted.taken_back_at is null
  union select o.deposit_id from repayments r join repayments o on o.loan_id = r.loan_id and o.reversed_at is null
  where r.reversed_at is not null and r.source_id = any(array(select ${deposit}::text union all select m.id::text from matches m where m.deposit_id = ${deposit}))`;

/**
 * Whether what a payout gives back or pays on may leave as things are now, whatever they were when it was asked for. Not what rests on money that is not proved (`unproved`), nor what may
 * be the money of a prompt and is counted there (`counted`), nor, to a provider, what a task doubts was paid for this (`doubted`); what goes back to its payer takes a `second_person`
 * then. Null where it may. Of a payment the deposit is asked about that it counts. `payout` is its row's name in the statement.
 */
export const heldBackSql = (payout: SQL): SQL => sql`(
  select case
    when d.id is null or exists (select from (${standingBesideSql(sql`d.id`)}) beside join deposits b on b.id = beside.id where b.confirmed_at is null) then 'unproved'
    when ${mayBeCountedSql(sql`d`)} then 'counted'
    when ${isDoubtedSql(sql`d`)} then case ${payout}.kind when 'payment' then 'doubted' else 'second_person' end end
  from (select case when ${payout}.kind in ('refund', 'reversal', 'payment') then ${payout}.subject::uuid end as id) given
    left join payments c on c.id = given.id left join deposits d on d.id = case when c.id is null then given.id else c.counted_deposit_id end
  where given.id is not null)`;

/** Refuses to ask for what would not be paid on to a provider: throws `receipt_unconfirmed`, `payer_unknown`. Ask under the lock of the payment. */
export async function requirePaysOn(tx: Tx, paymentId: string): Promise<void> {
  const statement = sql`select ${heldBackSql(sql`p`)} as why from (select 'payment' as kind, ${paymentId}::text as subject) p`;
  const [held] = await readRows(tx, z.object({ why: HeldBack.nullable() }), statement);
  if (held?.why) throw new AppError(held.why === 'counted' ? 'payer_unknown' : 'receipt_unconfirmed', sayHeldBack(held.why));
}

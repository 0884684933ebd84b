import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import type { Upstairs } from '../wiring/upstairs.ts';
import { isDoubtedSql, isTrustedByOneSql, mayBeCountedSql } from './payer-of.ts';

const WORDS = {
  unproved:
    'Nothing proves now that this money came: what had proved it is, or may be, another payment\'s (see the task "receipt_doubted", "deposit_displaced" or "deposit_refuted"). It does not leave before it is proved.',
  counted:
    'A prompt of that amount was paid meanwhile and its receipt is not certain: this may be its money. It can leave when the task about that is closed.',
  doubted:
    'The notices about this receipt do not agree, so the money may have been paid for something else (see the task "receipt_told_twice", "receipt_words_differ", "receipt_payer_differs" or "receipt_doubted" of its deposit). It is paid on to nobody until a person has checked it and closed that task.',
};

/** Why money is held back. */
export const HeldBack = z.enum(['unproved', 'counted', 'doubted']);

/** The reason in a sentence, for whoever requests or approves the payout. */
export const sayHeldBack = (why: z.output<typeof HeldBack>): string => WORDS[why];

/**
 * The ids of a deposit and of the deposits that pay for the same thing: the one that counts for its payment and was not taken back, or, where it was reversed out of
 * a loan, that loan's other repayments. While one of them is only told, it may be forged, so none of this money leaves until it is proved. `deposit` is an SQL
 * expression of the id.
 */
export const standingBesideSql = ({ repaidBesideSql }: Upstairs, deposit: SQL): SQL => sql`
  select ${deposit} as id
  union select counted.id from deposits own join payments c on c.id = own.payment_id join deposits counted on counted.id = c.counted_deposit_id
  where own.id = ${deposit} and counted.taken_back_at is null
  union ${repaidBesideSql(deposit)}`;

/**
 * Why the money of a payout may not leave now, even if it might when it was requested; null where it may. `unproved`: it rests on unproved money. `counted`: it may
 * be a paid prompt's money, which is counted there. `doubted`: an open task doubts what it was paid for; a refund to its payer then only needs a `second_person`, and so
 * does whatever leaves after one person has closed that task.
 * For a payment this looks at the deposit that counts for it. `payout` is the SQL alias of its row.
 */
export const heldBackSql = (upstairs: Upstairs, payout: SQL): SQL => sql`(
  select case
    when d.id is null or exists (select from (${standingBesideSql(upstairs, sql`d.id`)}) beside join deposits b on b.id = beside.id where b.confirmed_at is null) then 'unproved'
    when ${mayBeCountedSql(sql`d`)} then 'counted'
    when ${isDoubtedSql(sql`d`)} then case ${payout}.kind when 'payment' then 'doubted' else 'second_person' end
    when ${isTrustedByOneSql(sql`d`)} then 'second_person' end
  from (select case when ${payout}.kind in ('refund', 'reversal', 'payment') then ${payout}.subject_id end as id) given
    left join payments c on c.id = given.id left join deposits d on d.id = case when c.id is null then given.id else c.counted_deposit_id end
  where given.id is not null)`;

/** Throws `receipt_unconfirmed` or `payer_unknown` where a payment's money cannot be paid on to a provider. Lock the payment first. */
export async function requirePaysOn(tx: Tx, upstairs: Upstairs, paymentId: string): Promise<void> {
  const statement = sql`select nullif(${heldBackSql(upstairs, sql`p`)}, 'second_person') as why from (select 'payment' as kind, ${paymentId}::uuid as subject_id) p`;
  const [held] = await readRows(tx, z.object({ why: HeldBack.nullable() }), statement);
  if (held?.why) throw new AppError(held.why === 'counted' ? 'payer_unknown' : 'receipt_unconfirmed', sayHeldBack(held.why));
}

import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { lookupHash } from '#ground/db/encryption.ts';
import { decrypted, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { isNumberOf, type KnownPayer, knownPayer } from '../payments/known-payer.ts';
import { whomToAsk, whyAnother } from './payer-words.ts';
import type { ToldPayer } from './told-payer.ts';

const Clues = z.object({
  /** Whether nothing but the time says whose money it is: a guess carries neither a refund nor a reversal. */
  isGuess: z.boolean(),
  /** Whether it may be the money of a prompt that was paid, and is counted there already. */
  mayBeCounted: z.boolean(),
  /** Whether the number is a notice's alone, or what has told or proved the money disagrees about it: a second person looks then, however it is given back. */
  isDoubted: z.boolean(),
  /** Whether what proved the money shows the number in full, or says nothing against it; a notice's alone with a proof's mask is no more than the mask. */
  isNumberProved: z.boolean(),
  /** Whether a notice with the reference of a prompt named the receipt: somebody else may have paid by hand. */
  isTold: z.boolean(),
  /** The keyed hash of the phone that was prompted. */
  promptedHash: z.string().nullable(),
  /** What is known of the payer's phone: in full, masked, hashed, or nothing; and its end, where that is known apart. */
  noticePhone: decrypted('payer_phone').nullable(),
  noticeTail: z.string().nullable(),
  /** The phone of whoever asked for the payment that the deposit paid: they may have paid it themselves. */
  askedPhone: decrypted('phone').nullable(),
});

/** What is known of who paid a deposit. */
export type PayerClues = z.output<typeof Clues>;

/** Where money may go back to. No phone: on the rail alone, by reversal. Unsure: only when a second person has looked. */
export type Payer = { phone: string | null; sure: boolean };

/**
 * To whom money may be given back: to who paid it and to no other, for refunds and bookings alike. A number in full or hashed must be equal to the one that is told;
 * a masked one needs the tail, and is never sure, nor is one that is doubted or that a person has identified. A reversal needs no number, since the rail knows who paid.
 * Throws `payer_unknown`.
 */
export function payerOf(clues: PayerClues, told: ToldPayer, reversed: boolean): Payer {
  if (clues.isGuess || isContradicted(clues, told.phone)) {
    if (told.phone !== undefined && told.identifiedBy !== undefined && !clues.mayBeCounted) return { phone: told.phone, sure: false };
    throw new AppError(
      'payer_unknown',
      'It is not sure whose money this is. It is given back once its payer is known; who has found it out sends phoneNumber and identifiedBy.',
    );
  }
  const payer = payerByNumber(clues, told.phone, reversed);
  return { ...payer, sure: payer.sure && !clues.isDoubted && told.identifiedBy === undefined };
}

function payerByNumber(clues: PayerClues, told: string | undefined, reversed: boolean): Payer {
  const seen = clues.promptedHash === null ? knownPayer(clues.noticePhone, clues.noticeTail) : undefined;
  const paidFrom = (phone: string) =>
    clues.promptedHash === null ? agrees(seen, phone, clues.isNumberProved) : lookupHash(phone) === clues.promptedHash && 'surely';
  if (told !== undefined) {
    const how = paidFrom(told);
    if (how === 'surely') return { phone: told, sure: true };
    if (how === false) throw new AppError('payer_unknown', whyAnother(seen));
    if (how === 'unseen' && !reversed)
      throw new AppError(
        'payer_unknown',
        'Nothing shows which phone paid this: say with identifiedBy how you know whose it is, or give the whole of a payment back by "reversal" (POST /api/refunds).',
      );
    return reversed ? { phone: null, sure: true } : { phone: told, sure: false };
  }
  if (clues.askedPhone !== null && paidFrom(clues.askedPhone) === 'surely') return { phone: clues.askedPhone, sure: true };
  if (seen && 'full' in seen && (clues.isNumberProved || !reversed)) return { phone: seen.full, sure: clues.isNumberProved };
  if (reversed) return { phone: null, sure: true };
  throw new AppError('payer_unknown', whomToAsk(seen, clues.promptedHash !== null));
}

/** A number that the database cannot compare: Safaricom's hash of it was told, and the prompt's number, or one that ends as the proof says, is another one. */
function isContradicted({ isTold, promptedHash, noticePhone, noticeTail, askedPhone }: PayerClues, told: string | undefined): boolean {
  const seen = isTold || promptedHash === null ? knownPayer(noticePhone, noticeTail) : undefined;
  if (!seen || !('sha256' in seen)) return false;
  if (promptedHash === null) return seen.tail !== undefined && told?.endsWith(seen.tail) === true && !isNumberOf(seen, told);
  const prompted = [told, askedPhone].find((phone) => phone && lookupHash(phone) === promptedHash);
  return !prompted || !isNumberOf(seen, prompted); // a number that nobody has told cannot be compared either
}

/** Of a hash or a number that a proof shows no more of than the end the end alone is proved. */
function agrees(seen: KnownPayer | undefined, phone: string, isNumberProved: boolean): 'surely' | 'perhaps' | 'unseen' | false {
  if (!seen) return 'unseen';
  const how = isNumberOf(seen, phone);
  const endAlone = how === 'end' || ('sha256' in seen ? seen.tail !== undefined : !isNumberProved);
  return how && (endAlone ? 'perhaps' : 'surely');
}

/**
 * Whether a deposit that a notice told of may be the money of a prompt that was paid and whose receipt nobody knows for sure: whoever paid, it must not leave before that
 * is known. `deposit` is its row's name in the statement.
 */
export const mayBeCountedSql = (deposit: SQL): SQL =>
  sql`(${deposit}.attempt_id is null and ${deposit}.tied_by is null and not ${deposit}.may_echo and ${deposit}.source = 'c2b' and is_guess_1(${deposit}))`;

/** Whether a task is open that doubts what a deposit was paid for, or by whom. `deposit` is its row's name in the statement. */
export const isDoubtedSql = (
  deposit: SQL,
): SQL => sql`exists (select from reviews r where r.subject = ${deposit}.id::text and r.closed_at is null
  and r.kind in ('receipt_told_twice', 'receipt_payer_differs', 'receipt_words_differ', 'receipt_doubted'))`;

/**
 * True of a refund whose payee is not any more, by what is known of the money now, who paid it: another number is known; or the deposit or receipt that it was asked for, and
 * for which a person may have said who paid, is another movement; or nothing but the time says whose it is, and no person has said it. A booking gives back what its payment counts. A reversal
 * goes by the rail to who paid. `payout` is its row's name in the statement.
 */
export const payerChangedSql = (payout: SQL): SQL => sql`(${payout}.kind = 'refund' and exists (
  select from (select case when ${payout}.kind = 'refund' then ${payout}.subject::uuid end as id) given
    left join payments c on c.id = given.id
    join deposits d on d.id = coalesce(c.counted_deposit_id, case when c.id is null then given.id else ${payout}.deposit_id end)
    left join attempts a on a.id = d.attempt_id
  where d.merged_into is not null
    or d.id <> ${payout}.deposit_id and d.receipt is distinct from ${payout}.receipt
    or ${payout}.payer_identified and d.receipt is distinct from ${payout}.receipt
    or case when is_guess_1(d) then not coalesce(${payout}.payer_identified, true)
      when a.id is not null then a.phone_hash <> ${payout}.phone_hash
      else coalesce(d.payer_hash <> ${payout}.phone_hash, d.payer_tail <> ${payout}.phone_tail, false) end))`;

/** Safaricom's hash of who paid what a refund gives back, if no more is known of them: the database cannot compare it. `payout` is its row's name in the statement. */
export const hashedPayerSql = (payout: SQL): SQL => sql`(select d.payer_phone from deposits d
  where d.id = ${payout}.deposit_id and ${payout}.kind = 'refund' and not ${payout}.payer_identified and d.attempt_id is null and d.payer_hash is null)`;

/** Whether a phone is not the one of that hash. */
export function isAnothers(hashedPayer: string | null, phone: string | null): boolean {
  const payer = knownPayer(hashedPayer, null);
  return payer !== undefined && phone !== null && 'sha256' in payer && isNumberOf(payer, phone) === false;
}

/** Reads what is known of who paid a deposit. Ask under its lock. */
export async function readPayerClues(tx: Tx, depositId: string): Promise<PayerClues> {
  const [clues] = await readRows(
    tx,
    Clues,
    sql`
    select is_guess_1(d) as "isGuess", ${mayBeCountedSql(sql`d`)} as "mayBeCounted", coalesce(d.tied_by = 'reference', false) as "isTold",
      d.attempt_id is null and d.payer_phone is not null and d.payer_hash is null and d.payer_tail is null
      or ${isDoubtedSql(sql`d`)} as "isDoubted",
      d.payer_hash is not null as "isNumberProved", a.phone_hash as "promptedHash", d.payer_phone as "noticePhone", d.payer_tail as "noticeTail", p.phone as "askedPhone"
    from deposits d left join attempts a on a.id = d.attempt_id
      left join payments p on p.id = coalesce(d.payment_id, (select m.payment_id from matches m where m.deposit_id = d.id and m.payment_id is not null limit 1))
    where d.id = ${depositId}::uuid`,
  );
  if (!clues) throw new Error('There is no such deposit to give back.');
  return clues;
}

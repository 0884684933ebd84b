import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { lookupHash } from '#ground/db/encryption.ts';
import { decrypted, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { isStandIn } from '#ground/text/stand-in.ts';
import { isNumberOf, type KnownPayer, knownPayer } from '../payments/known-payer.ts';
import type { ToldPayer } from './told-payer.ts';

const Clues = z.object({
  /** Whether only the time says whose money it is. On a guess nothing is refunded or reversed. */
  isGuess: z.boolean(),
  /** Whether it may be a paid prompt's money, which is counted there already. */
  mayBeCounted: z.boolean(),
  /** Whether only a notice names the number, or sources disagree about it: any refund then needs a second person. */
  isDoubted: z.boolean(),
  /** Whether the proof shows the number in full or does not contradict it. A notice's full number counts as masked where the proof shows only a masked one. */
  isNumberProved: z.boolean(),
  /** Whether a typed reference tied the receipt to the prompt: somebody else may have paid by hand. */
  isTold: z.boolean(),
  /** The keyed hash of the phone that was prompted. */
  promptedHash: z.string().nullable(),
  /** What is known of the payer's phone: in full, masked, hashed, or nothing; and its last digits where another source has them. */
  noticePhone: decrypted('payer_phone').nullable(),
  noticeTail: z.string().nullable(),
  /** The phone of whoever opened the payment: they may have paid it themselves. None where they were anonymised. */
  askedPhone: decrypted('phone')
    .transform((phone) => (isStandIn(phone) ? null : phone))
    .nullable(),
});

/** What is known of who paid a deposit. */
export type PayerClues = z.output<typeof Clues>;

/** Where money may go back to. Without a phone: only by reversal. Not `sure`: only with a second person. */
export type Payer = { phone: string | null; sure: boolean };

/**
 * To whom money may be given back, for refunds and bookings alike: to its payer only. A full or hashed number must equal the requested one;
 * a masked one must match its last digits, and is never sure. Nor is a number that is doubted, or that a person identified. A reversal
 * needs no number: M-PESA knows the payer. Throws `payer_unknown`.
 */
export function payerOf(clues: PayerClues, told: ToldPayer, reversed: boolean): Payer {
  if (clues.isGuess || isContradicted(clues, told.phone)) {
    if (told.phone !== undefined && told.identifiedBy !== undefined && !clues.mayBeCounted) return { phone: told.phone, sure: false };
    throw new AppError(
      'payer_unknown',
      'It is not certain whose money this is. It can be refunded once its payer is known: whoever found that out sends phoneNumber and identifiedBy.',
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
        'Nothing shows which phone paid this: say in identifiedBy how you know whose it is, or refund the whole payment by "reversal" (POST /api/refunds).',
      );
    return reversed ? { phone: null, sure: true } : { phone: told, sure: false };
  }
  if (clues.askedPhone !== null && paidFrom(clues.askedPhone) === 'surely') return { phone: clues.askedPhone, sure: true };
  if (seen && 'full' in seen && (clues.isNumberProved || !reversed)) return { phone: seen.full, sure: clues.isNumberProved };
  if (reversed) return { phone: null, sure: true };
  throw new AppError('payer_unknown', whomToAsk(seen, clues.promptedHash !== null));
}

/**
 * Whether Safaricom's hash of the payer's number, which the database cannot compare, contradicts the prompted number, or the requested number although that has the
 * proved last digits.
 */
function isContradicted({ isTold, promptedHash, noticePhone, noticeTail, askedPhone }: PayerClues, told: string | undefined): boolean {
  const seen = isTold || promptedHash === null ? knownPayer(noticePhone, noticeTail) : undefined;
  if (!seen || !('sha256' in seen)) return false;
  if (promptedHash === null) return seen.tail !== undefined && told?.endsWith(seen.tail) === true && !isNumberOf(seen, told);
  const prompted = [told, askedPhone].find((phone) => phone && lookupHash(phone) === promptedHash);
  return !prompted || !isNumberOf(seen, prompted); // without the number in clear the hash cannot be compared: in doubt, contradicted
}

/** How far a phone agrees with the payer: `perhaps` where only the last digits are proved. */
function agrees(seen: KnownPayer | undefined, phone: string, isNumberProved: boolean): 'surely' | 'perhaps' | 'unseen' | false {
  if (!seen) return 'unseen';
  const how = isNumberOf(seen, phone);
  const endAlone = how === 'end' || ('sha256' in seen ? seen.tail !== undefined : !isNumberProved);
  return how && (endAlone ? 'perhaps' : 'surely');
}

/**
 * Whether a noticed deposit may be the money of a paid prompt whose receipt is a guess: until that is known it must not leave, whoever
 * paid. `deposit` is the SQL alias of its row.
 */
export const mayBeCountedSql = (deposit: SQL): SQL =>
  sql`(${deposit}.attempt_id is null and ${deposit}.tied_by is null and not ${deposit}.may_echo and ${deposit}.source = 'c2b' and is_guess_1(${deposit}))`;

const DOUBTS = sql`('receipt_told_twice', 'receipt_payer_differs', 'receipt_words_differ', 'receipt_doubted')`;

/** Whether an open task doubts what a deposit was paid for, or by whom. `deposit` is the SQL alias of its row. */
export const isDoubtedSql = (deposit: SQL): SQL =>
  sql`exists (select from reviews r where r.subject = ${deposit}.id::text and r.closed_at is null and r.kind in ${DOUBTS})`;

/** Whether a person has ended such a doubt: that is one person's word, and no proof. Of the same deposit. */
export const isTrustedByOneSql = (deposit: SQL): SQL =>
  sql`exists (select from reviews r where r.subject = ${deposit}.id::text and r.closed_by not in ('malipo', 'safaricom') and r.kind in ${DOUBTS})`;

/**
 * Whether a refund's payee is no longer the known payer. Either another number is known; or its deposit or receipt turned out to be another movement, even if a
 * person had identified the payer of the old one; or only the time says whose money it is, and no person identified the payer. For a booking the deposit that counts
 * for its payment decides. A reversal always goes to the payer. `payout` is the SQL alias of its row.
 */
export const payerChangedSql = (payout: SQL): SQL => sql`(${payout}.kind = 'refund' and exists (
  select from (select case when ${payout}.kind = 'refund' then ${payout}.subject_id end as id) given
    left join payments c on c.id = given.id
    join deposits d on d.id = coalesce(c.counted_deposit_id, case when c.id is null then given.id else ${payout}.deposit_id end)
    left join attempts a on a.id = d.attempt_id
  where d.merged_into is not null
    or d.id <> ${payout}.deposit_id and d.receipt is distinct from ${payout}.receipt
    or ${payout}.payer_identified and d.receipt is distinct from ${payout}.receipt
    or case when is_guess_1(d) then not coalesce(${payout}.payer_identified, true)
      when a.id is not null then a.phone_hash <> ${payout}.phone_hash
      else coalesce(d.payer_hash <> ${payout}.phone_hash, d.payer_tail <> ${payout}.phone_tail, false) end))`;

/** Safaricom's hash of the number of a refund's payer, where nothing else is known of them: the database cannot compare it. `payout` is the SQL alias of its row. */
export const hashedPayerSql = (payout: SQL): SQL => sql`(select d.payer_phone from deposits d
  where d.id = ${payout}.deposit_id and ${payout}.kind = 'refund' and not ${payout}.payer_identified and d.attempt_id is null and d.payer_hash is null)`;

/** Whether a phone is certainly not the one that the hash stands for. */
export function isAnothers(hashedPayer: string | null, phone: string | null): boolean {
  const payer = knownPayer(hashedPayer, null);
  return payer !== undefined && phone !== null && 'sha256' in payer && isNumberOf(payer, phone) === false;
}

/** Reads what is known of a deposit's payer. Lock the deposit first. */
export async function readPayerClues(tx: Tx, depositId: string): Promise<PayerClues> {
  const [clues] = await readRows(
    tx,
    Clues,
    sql`
    select is_guess_1(d) as is_guess, ${mayBeCountedSql(sql`d`)} as may_be_counted, coalesce(d.tied_by = 'reference', false) as is_told,
      d.attempt_id is null and d.payer_phone is not null and d.payer_hash is null and d.payer_tail is null
      or ${isDoubtedSql(sql`d`)} as is_doubted,
      d.payer_hash is not null as is_number_proved, a.phone_hash as prompted_hash, d.payer_phone as notice_phone, d.payer_tail as notice_tail, p.phone as asked_phone
    from deposits d left join attempts a on a.id = d.attempt_id
      left join payments p on p.id = coalesce(d.payment_id, (select m.payment_id from matches m where m.deposit_id = d.id and m.payment_id is not null limit 1))
    where d.id = ${depositId}::uuid`,
  );
  if (!clues) throw new Error('There is no such deposit to give back.');
  return clues;
}

const REVERSAL = 'or refund the whole payment by "reversal" (POST /api/refunds), which needs no number.';

/**
 * What a treasurer has to do where a phone is needed, by what is known of the payer. `prompted`: the payer was prompted, on another phone
 * than the one that opened the payment.
 */
function whomToAsk(seen: KnownPayer | undefined, prompted: boolean): string {
  if (prompted)
    return `Another phone paid than the one that opened the payment: ask the payer which, and send it as phoneNumber, ${REVERSAL}`;
  if (!seen) return `Nothing shows which phone paid this: send phoneNumber, and with identifiedBy how you know that it paid, ${REVERSAL}`;
  if ('tail' in seen && seen.tail !== undefined)
    return `M-PESA shows only the end of the number that paid (${seen.tail}): ask the payer for the whole of it, and send it as phoneNumber; a second person approves. Or identifiedBy says how you know, ${REVERSAL}`;
  return `M-PESA shows the number that paid only as a hash: ask the payer for it, and send it as phoneNumber; it is compared with the hash, and a second person approves. Or identifiedBy says how you know, ${REVERSAL}`;
}

/** Why the requested phone is not the payer's. */
function whyAnother(seen: KnownPayer | undefined): string {
  const ask = seen && 'full' in seen ? 'Send its number, or none, since it is known.' : 'Ask the payer which number they paid from.';
  return `A refund goes to the phone that paid, and this is another one. ${ask}`;
}

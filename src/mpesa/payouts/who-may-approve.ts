import { type SQL, sql } from 'drizzle-orm';
import type { Call } from '#ground/call.ts';
import type { Config } from '#ground/config/config.ts';
import { countAloneSql } from '#ground/limits/count-daily.ts';
import { personBehindSql } from '#people/auth/find-key-holder.ts';
import { heldBackSql } from '../paybill/held-back.ts';
import type { App } from '../wiring/app.ts';
import { wasOfCopySql } from './hold-copied.ts';

/*
 * Who may approve a payout. The HTTP functions check the right, by the table of people/auth/rights.ts: `payouts:approve` (netlify/functions/decide-payout.ts), or `loans:disburse`
 * where a loan is disbursed within the limit (netlify/functions/disburse-loan.ts). Treasurers and administrators hold both, a key neither. The rules here limit them further:
 *
 * - nobody decides about their own loan;
 * - a second person, not the one who requested it (directly or with a key they made), approves a bank transfer, an amount above the limit, and money whose payer is unsure;
 * - what one person approves alone counts towards their sum of the day and the payee's.
 */

/** Whether payout `p` pays out a loan of the one who decides. */
export const ownLoanSql = ({ caller }: Call): SQL => sql`(p.kind = 'loan' and p.phone_hash = ${caller.person?.phoneHash ?? null}::text)`;

/** Who requested payout `p`. A payout that a booking causes automatically counts as requested by whoever made the booking. */
const ASKED_BY = sql`(case when p.requested_by = 'malipo' then (select b.caller from payments b where b.id = p.subject_id) else p.requested_by end)`;

/** Requires a second person where the one who approves is the one who requested, and may not do both. */
export const checkSecondPersonSql = (
  { config: { limits }, upstairs }: Pick<App, 'config' | 'upstairs'>,
  id: string,
  { caller }: Call,
): SQL => sql`
  select case
    when asked_by like 'key:%' and asker is null then refuse('second_person_needed', '{"why": "nobody"}')
    when asker is distinct from ${caller.id} then true
    when kind = 'manual' or amount_cents > ${limits.payoutApprovalAboveCents.toString()}::bigint
      then refuse('second_person_needed', case when asked_by like 'key:%' then '{"why": "key"}' else '{}' end::jsonb)
    when second_person or held = 'second_person' then refuse('second_person_needed', '{"why": "payer"}')
    when ${wasOfCopySql('payout_of_copy', sql`asked.id`)} then refuse('second_person_needed', '{"why": "copy"}')
    else true end
  from (select p.*, ${heldBackSql(upstairs, sql`p`)} as held, ${ASKED_BY} as asked_by, ${personBehindSql(ASKED_BY)} as asker from payouts p where p.id = ${id}::uuid) asked`;

/** Where a requester approves their own payout alone, counts it towards their sum of the day and the payee's. */
export const countApprovedAloneSql = ({ limits }: Pick<Config, 'limits'>, id: string, { caller }: Call, now: Date): SQL[] =>
  (['day', 'payee'] as const).map((why) =>
    countAloneSql({
      whose: why === 'day' ? sql`${caller.id}::text` : sql`coalesce(phone_hash, subject_id::text)`,
      most: why === 'day' ? limits.aloneDayCents : limits.alonePayeeCents,
      why,
      amountCents: sql`amount_cents`,
      from: sql`payouts p where p.id = ${id}::uuid and p.kind <> 'manual' and ${personBehindSql(ASKED_BY)} = ${caller.id}`,
      now,
    }),
  );

/** The same for a bulk payout: its total towards the person's sum, and what each payee gets towards theirs. `byPayee` yields `phone_hash` and `amount_cents`. */
export const countAloneByPayeeSql = (
  { limits }: Pick<Config, 'limits'>,
  { by, amountCents, byPayee, now }: { by: string; amountCents: bigint; byPayee: SQL; now: Date },
): SQL[] => [
  countAloneSql({
    ...{ whose: sql`${by}::text`, most: limits.aloneDayCents, why: 'day', now },
    ...{ amountCents: sql`${amountCents.toString()}::bigint`, from: sql`(select) as always` },
  }),
  countAloneSql({ whose: sql`phone_hash`, most: limits.alonePayeeCents, why: 'payee', amountCents: sql`amount_cents`, from: byPayee, now }),
];

const WHY: Record<string, string> = {
  key: 'Your own API key requested this payout: a second person has to approve it.',
  nobody: 'This payout was requested with an API key whose maker is no longer here, or unknown: decline it, and request it with a new key.',
  payer:
    'Safaricom does not show the full number of the payer, or a task has doubted whose money it is and one person closed that: a second person has to check who gets it, and approve it.',
  copy: 'It waited when the backup was made, and may have been paid since: a second person has to look, and approve it.',
  day: 'Together with what you approved alone today, this is above the limit for one person: a second person has to approve it.',
  payee:
    'Together with what one person alone approved for this payee today, this is above the limit for one person: a second person has to approve it.',
};

/** Says why a second person is needed. */
export const saySecondPerson = (why = ''): string =>
  WHY[why] ?? 'A second person has to approve this payout: the person who requested it may not.';

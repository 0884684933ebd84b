import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypted } from '#ground/db/rows.ts';
import { bareReference, likelyReferences } from '#ground/references/reference.ts';
import { STANDING_KINDS, type StandingKind } from '#ground/references/standing-reference.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { payerHash, type Waiting } from './suggest-payments.ts';

/** A loan or an account that a deposit may be for, its owner, and why. */
export type StandingSuggestion = {
  standingReference: string;
  kind: StandingKind;
  maskedPhone: string;
  reasons: ('reference' | 'phone')[];
};

const PREFIXES = ['LN', 'SV'];

/** A row of `standingSql`. */
export const StandingTarget = z.object({
  depositId: z.uuid(),
  reference: z.string(),
  kind: z.enum(STANDING_KINDS),
  phone: decrypted('phone'),
  byReference: z.boolean(),
  byPhone: z.boolean(),
});

/** The loans and accounts that one deposit may be for. */
export const suggestStanding = (deposit: Waiting, found: z.output<typeof StandingTarget>[]): StandingSuggestion[] =>
  found
    .filter(({ depositId }) => depositId === deposit.id)
    .map(({ reference, kind, phone, byReference, byPhone }) => ({
      standingReference: reference,
      kind,
      maskedPhone: maskPhone(phone),
      reasons: [...(byReference ? (['reference'] as const) : []), ...(byPhone ? (['phone'] as const) : [])],
    }));

/**
 * Loans and accounts with a reference one mistake away, and the savings and active loans of the member with the payer's phone; for all
 * deposits of a page at once.
 */
export function standingSql(deposits: Waiting[]): SQL {
  const likely = deposits.flatMap(({ id, typedReference }) =>
    likelyReferences(typedReference ?? '', PREFIXES).map((reference) => ({ id, typed: bareReference(reference) })),
  );
  const list = (values: (string | null)[]) => sql.param(values);
  return sql`
  with found as (
    select l.deposit_id, s.kind, s.subject_id, true as by_reference
    from unnest(${list(likely.map(({ id }) => id))}::uuid[], ${list(likely.map(({ typed }) => typed))}::text[]) as l (deposit_id, typed)
    join standing_references s on s.typed = l.typed
    union all
    select a.deposit_id, t.kind, t.id, false
    from unnest(${list(deposits.map(({ id }) => id))}::uuid[], ${list(deposits.map(payerHash))}::text[]) as a (deposit_id, phone_hash)
    join people p on p.phone_hash = a.phone_hash join members m on m.person_id = p.id
    cross join lateral (
      select 'savings' as kind, id from member_accounts where member_id = m.id union all select 'loan', id from loans where member_id = m.id and state = 'active') t
  )
  select f.deposit_id, f.kind, coalesce(l.reference, c.reference) as reference, p.phone, bool_or(f.by_reference) as by_reference,
    not bool_and(f.by_reference) as by_phone
  from found f left join loans l on f.kind = 'loan' and l.id = f.subject_id left join member_accounts c on f.kind = 'savings' and c.id = f.subject_id
  join members m on m.id = coalesce(l.member_id, c.member_id) join people p on p.id = m.person_id
  group by f.deposit_id, f.kind, l.reference, c.reference, p.phone`;
}

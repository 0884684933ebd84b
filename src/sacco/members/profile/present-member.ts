import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, decrypted, instant, listOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { shownStateSql } from '../../loans/shown-state.ts';
import { memberNumber } from '../member-number.ts';

const Account = z.object({ accountId: z.uuid(), kind: z.string(), reference: z.string() });
const Loan = z.object({ loanId: z.uuid(), reference: z.string(), state: z.string(), outstandingCents: bigintText });

const Member = z.object({
  ...{ id: z.uuid(), number: z.number(), nationalId: decrypted('national_id'), bornOn: decrypted('born_on') },
  ...{ kraPin: decrypted('kra_pin').nullable(), address: decrypted('address').nullable(), nextOfKin: decrypted('next_of_kin').nullable() },
  ...{ language: z.string(), smsOptOutAt: instant.nullable(), emailOptOutAt: instant.nullable(), joinedAt: instant },
});
const Person = z.object({ name: decrypted('name'), phone: decrypted('phone'), email: decrypted('email').nullable() });

/** All that is shown of a member, as it comes from `MEMBER_COLUMNS`. */
export const MemberRow = Member.extend(Person.shape).extend({ accounts: z.array(Account), loans: z.array(Loan) });

/** The columns of `MemberRow` with their tables, up to the where clause: the member, their person, their accounts, and loans with what is unpaid of them. */
export const MEMBER_COLUMNS = sql`
  ${listOf('m', Member)}, ${listOf('p', Person)},
  coalesce((
    select jsonb_agg(jsonb_build_object('accountId', a.id, 'kind', a.kind, 'reference', a.reference) order by a.opened_at) from member_accounts a where a.member_id = m.id), '[]') as accounts,
  coalesce((
    select jsonb_agg(jsonb_build_object('loanId', l.id, 'reference', l.reference, 'state', ${shownStateSql}, 'outstandingCents', (
      coalesce((select sum(i.unpaid_cents) from instalments i where i.loan_id = l.id), 0)
      + coalesce((select sum(n.amount_cents - n.paid_cents - n.waived_cents) from penalties n where n.loan_id = l.id), 0))::text) order by l.applied_at desc)
    from loans l where l.member_id = m.id), '[]') as loans
  from members m join people p on p.id = m.person_id`;

/** A member in the words of the API, with the balances of their accounts; `inFull` shows phone and national id whole. Amounts are shillings, times ISO 8601. */
export function presentMember(
  row: z.output<typeof MemberRow>,
  standings: { balanceCents: bigint; toldCents: bigint }[],
  { inFull }: { inFull: boolean },
) {
  return {
    memberId: row.id,
    number: memberNumber(row.number),
    name: row.name,
    ...(inFull ? { phoneNumber: row.phone, nationalId: row.nationalId } : { nationalId: `•••${row.nationalId.slice(-3)}` }),
    maskedPhone: maskPhone(row.phone),
    bornOn: row.bornOn,
    kraPin: row.kraPin,
    email: row.email,
    address: row.address,
    nextOfKin: row.nextOfKin === null ? null : (JSON.parse(row.nextOfKin) as unknown),
    language: row.language,
    optOut: { sms: row.smsOptOutAt !== null, email: row.emailOptOutAt !== null },
    joinedAt: row.joinedAt.toISOString(),
    accounts: row.accounts.map((account, at) => {
      const { balanceCents, toldCents } = standings[at] ?? { balanceCents: 0n, toldCents: 0n };
      return { ...account, balance: shillings(balanceCents), told: shillings(toldCents), available: shillings(balanceCents - toldCents) };
    }),
    loans: row.loans.map(({ outstandingCents, ...loan }) => ({ ...loan, outstanding: shillings(outstandingCents) })),
  };
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, instant, listOf, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { COMPONENTS } from './math/allocation-order.ts';
import {
  EARLY_SETTLEMENTS,
  EXCESS,
  type LendingTerms,
  type LoanHistory,
  PENALTY_FREQUENCIES,
  PENALTY_KINDS,
  PERIODS,
  type Terms,
  termsOf,
} from './math/terms.ts';

/** Not picked from the schema: a callback's bundle carries this file, and would carry the schema too. */
const TermsRow = z.object({
  ...{ period: z.enum(PERIODS), graceDays: z.number(), inDuplum: z.boolean(), allocationOrder: z.array(z.enum(COMPONENTS)) },
  ...{ penaltyKind: z.enum(PENALTY_KINDS), penaltyCents: bigintText, penaltyBasisPoints: z.number() },
  ...{ penaltyFrequency: z.enum(PENALTY_FREQUENCIES), penaltyCapBasisPoints: z.number().nullable() },
  ...{ excess: z.enum(EXCESS), earlySettlement: z.enum(EARLY_SETTLEMENTS) },
}) satisfies z.ZodType<LendingTerms>;

const TERMS = listOf('p', TermsRow);

const Waiver = z.object({ id: z.uuid(), grantedAt: instant, number: z.number(), period: z.number(), amountCents: bigintText });

const History = TermsRow.extend({
  loanId: z.uuid(),
  principalCents: bigintText,
  instalments: z.array(
    z.object({ number: z.number(), dueOn: z.string(), principalCents: bigintText, interestCents: bigintText, feeCents: bigintText }),
  ),
  repayments: z.array(z.object({ id: z.uuid(), receivedAt: instant, amountCents: bigintText, settles: z.boolean() })),
  waivers: z.array(Waiver),
});

const WAIVERS = sql`coalesce((select jsonb_agg(jsonb_build_object('id', w.id, 'grantedAt', w.decided_at, 'number', w.number, 'period', w.period, 'amountCents', w.amount_cents::text)
        order by w.decided_at, w.id) from waivers w where w.loan_id = l.id and w.state = 'approved'), '[]') as waivers`;

/** The histories of loans since they were disbursed, by loan, without reversed repayments and unapproved waivers. One round trip. */
export async function readHistories(db: Reader, loanIds: readonly string[]): Promise<Map<string, LoanHistory>> {
  const rows = await readRows(
    db,
    History,
    sql`
    select l.id as loan_id, l.principal_cents, ${TERMS},
      coalesce((select jsonb_agg(jsonb_build_object('number', i.number, 'dueOn', i.due_on, 'principalCents', i.principal_cents::text,
        'interestCents', i.interest_cents::text, 'feeCents', i.fee_cents::text) order by i.number) from instalments i where i.loan_id = l.id), '[]') as instalments,
      coalesce((select jsonb_agg(jsonb_build_object('id', r.id, 'receivedAt', r.received_at, 'amountCents', r.amount_cents::text, 'settles', r.settles)
        order by r.received_at, r.id) from repayments r where r.loan_id = l.id and r.reversed_at is null), '[]') as repayments,
      ${WAIVERS}
    from loans l join loan_products p on p.id = l.product_id where l.id = any(${sql.param([...loanIds])}::uuid[])`,
  );
  return new Map(
    rows.map(({ loanId, instalments, repayments, waivers, ...product }) => [
      loanId,
      { terms: termsOf(product, product.principalCents), instalments, repayments, waivers },
    ]),
  );
}

/** The history of one loan. Throws when there is no such loan. */
export async function readHistory(db: Reader, loanId: string): Promise<LoanHistory> {
  const history = (await readHistories(db, [loanId])).get(loanId);
  if (!history) throw new Error('There is no loan with this id, so it has no history.');
  return history;
}

const KeptInstalment = z.object({
  ...{ number: z.number(), dueOn: z.string(), principalCents: bigintText, interestCents: bigintText, feeCents: bigintText },
  ...{ paidPrincipalCents: bigintText, paidInterestCents: bigintText, paidFeeCents: bigintText, forgivenCents: bigintText },
});

const KeptPenalty = z.object({
  ...{ number: z.number(), period: z.number(), chargedOn: z.string(), days: z.number() },
  ...{ baseCents: bigintText, amountCents: bigintText, paidCents: bigintText, waivedCents: bigintText },
});

const KeptRepayment = z.object({
  ...{ id: z.uuid(), receivedAt: instant, settles: z.boolean(), told: z.boolean() },
  ...{ amountCents: bigintText, excessCents: bigintText },
  ...{ penaltyCents: bigintText, feeCents: bigintText, interestCents: bigintText, principalCents: bigintText },
});

const Kept = TermsRow.extend({
  principalCents: bigintText,
  instalments: z.array(KeptInstalment),
  penalties: z.array(KeptPenalty),
  repayments: z.array(KeptRepayment),
  waivers: z.array(Waiver),
});

/** A repayment with what it paid, what went to savings, and whether its money is told only. */
export type KeptRepayment = z.output<typeof KeptRepayment>;

/** A loan as the tables have it, without reversed repayments: its history, and how it stands. */
export type KeptLoan = { terms: Terms } & Pick<z.output<typeof Kept>, 'instalments' | 'penalties' | 'repayments' | 'waivers'>;

/** Reads everything of a loan that an event may change, in one statement. The loan is locked. */
export async function readKept(db: Reader, loanId: string): Promise<KeptLoan> {
  const [kept] = await readRows(
    db,
    Kept,
    sql`
    select l.principal_cents, ${TERMS},
      coalesce((select jsonb_agg(jsonb_build_object('number', i.number, 'dueOn', i.due_on, 'principalCents', i.principal_cents::text,
        'interestCents', i.interest_cents::text, 'feeCents', i.fee_cents::text, 'paidPrincipalCents', i.paid_principal_cents::text,
        'paidInterestCents', i.paid_interest_cents::text, 'paidFeeCents', i.paid_fee_cents::text, 'forgivenCents', i.forgiven_cents::text) order by i.number)
        from instalments i where i.loan_id = l.id), '[]') as instalments,
      coalesce((select jsonb_agg(jsonb_build_object('number', p.number, 'period', p.period, 'chargedOn', p.charged_on, 'days', p.days, 'baseCents', p.base_cents::text,
        'amountCents', p.amount_cents::text, 'paidCents', p.paid_cents::text, 'waivedCents', p.waived_cents::text))
        from penalties p where p.loan_id = l.id), '[]') as penalties,
      coalesce((select jsonb_agg(jsonb_build_object('id', r.id, 'receivedAt', r.received_at, 'settles', r.settles, 'told', d.confirmed_at is null,
        'amountCents', r.amount_cents::text, 'excessCents', r.excess_cents::text, 'penaltyCents', r.penalty_cents::text,
        'feeCents', r.fee_cents::text, 'interestCents', r.interest_cents::text, 'principalCents', r.principal_cents::text) order by r.received_at, r.id)
        from repayments r join deposits d on d.id = r.deposit_id where r.loan_id = l.id and r.reversed_at is null), '[]') as repayments,
      ${WAIVERS}
    from loans l join loan_products p on p.id = l.product_id where l.id = ${loanId}::uuid`,
  );
  if (!kept) throw new Error('There is no loan with this id, so it has no history.');
  const { instalments, penalties, repayments, waivers, ...product } = kept;
  return { terms: termsOf(product, product.principalCents), instalments, penalties, repayments, waivers };
}

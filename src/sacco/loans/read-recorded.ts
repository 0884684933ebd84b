import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';

const Instalment = z.object({
  number: z.number(),
  paidPrincipalCents: bigintText,
  paidInterestCents: bigintText,
  paidFeeCents: bigintText,
  forgivenCents: bigintText,
});

const Penalty = z.object({
  number: z.number(),
  period: z.number(),
  chargedOn: z.string(),
  days: z.number(),
  baseCents: bigintText,
  amountCents: bigintText,
  paidCents: bigintText,
  waivedCents: bigintText,
});

const Repayment = z.object({
  id: z.uuid(),
  amountCents: bigintText,
  excessCents: bigintText,
  penaltyCents: bigintText,
  feeCents: bigintText,
  interestCents: bigintText,
  principalCents: bigintText,
});

const Recorded = z.object({ instalments: z.array(Instalment), penalties: z.array(Penalty), repayments: z.array(Repayment) });

/** A loan's standing as the tables have it, without reversed repayments. */
export type Recorded = z.output<typeof Recorded>;

/** Reads it. One round trip. */
export async function readRecorded(db: Reader, loanId: string): Promise<Recorded> {
  const [recorded] = await readRows(
    db,
    Recorded,
    sql`
    select
      coalesce((select jsonb_agg(jsonb_build_object('number', i.number, 'paidPrincipalCents', i.paid_principal_cents::text,
        'paidInterestCents', i.paid_interest_cents::text, 'paidFeeCents', i.paid_fee_cents::text, 'forgivenCents', i.forgiven_cents::text))
        from instalments i where i.loan_id = ${loanId}::uuid), '[]') as instalments,
      coalesce((select jsonb_agg(jsonb_build_object('number', p.number, 'period', p.period, 'chargedOn', p.charged_on, 'days', p.days, 'baseCents', p.base_cents::text,
        'amountCents', p.amount_cents::text, 'paidCents', p.paid_cents::text, 'waivedCents', p.waived_cents::text))
        from penalties p where p.loan_id = ${loanId}::uuid), '[]') as penalties,
      coalesce((select jsonb_agg(jsonb_build_object('id', r.id, 'amountCents', r.amount_cents::text, 'excessCents', r.excess_cents::text, 'penaltyCents', r.penalty_cents::text,
        'feeCents', r.fee_cents::text, 'interestCents', r.interest_cents::text, 'principalCents', r.principal_cents::text))
        from repayments r where r.loan_id = ${loanId}::uuid and r.reversed_at is null), '[]') as repayments`,
  );
  if (!recorded) throw new Error('A select without a table has one row.');
  return recorded;
}

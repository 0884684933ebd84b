import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { bigintText, decrypted, listOf, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import type { loanProducts, loans } from './loans.schema.ts';

type Loan = typeof loans.$inferSelect;
type Product = typeof loanProducts.$inferSelect;

const Loan = z.object({
  id: z.uuid(),
  reference: z.string(),
  state: z.custom<Loan['state']>(),
  memberId: z.uuid(),
  principalCents: bigintText,
  feeCents: bigintText,
});

const Product = z.object({
  method: z.custom<Product['method']>(),
  period: z.custom<Product['period']>(),
  instalments: z.number(),
  interestBasisPoints: z.number(),
  feeCharged: z.custom<Product['feeCharged']>(),
  minCents: bigintText,
});

const Locked = Loan.extend(Product.shape).extend({
  borrower: z.string(),
  phone: decrypted('phone'),
  reachable: z.boolean(),
  feeRule: z.object({ feeCents: bigintText, feeBasisPoints: z.number() }),
});

/**
 * A loan between application and disbursement, its row locked until the transaction ends. `borrower` is the member's id as a caller, `reachable` whether money
 * may be sent to their phone.
 */
export type LockedApplication = z.output<typeof Locked>;

/**
 * Locks a loan that is not active yet: no penalty run touches it, so the gate of lock-loan.ts is not needed. Lock order: loan, then payout. Throws
 * `loan_not_found`.
 */
export async function lockApplication(tx: Tx, id: string): Promise<LockedApplication> {
  const [loan] = await readRows(
    tx,
    Locked,
    sql`
    select ${listOf('l', Loan)}, ${listOf('p', Product)}, 'person:' || m.person_id as borrower, q.phone, q.phone_verified_at is not null and q.disabled_at is null as reachable,
      jsonb_build_object('feeCents', p.fee_cents::text, 'feeBasisPoints', p.fee_basis_points) as fee_rule
    from loans l join loan_products p on p.id = l.product_id join members m on m.id = l.member_id join people q on q.id = m.person_id
    where l.id = ${id}::uuid for no key update of l`,
  );
  if (!loan) throw new AppError('loan_not_found', 'There is no such loan.');
  return loan;
}

/** Keeps people from deciding about their own loans. Throws `own_loan`. */
export function requireOtherThan(loan: Pick<LockedApplication, 'id' | 'borrower'>, caller: Caller): void {
  if (loan.borrower === caller.id)
    throw new AppError('own_loan', 'This is your own loan: somebody else has to do that.', { loanId: loan.id });
}

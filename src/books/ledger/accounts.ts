import { sql } from 'drizzle-orm';
import type { Tx } from '#ground/db/types.ts';

/** The organisation's accounts; a hand-written migration inserts them. */
export const ACCOUNTS = {
  /** What stands on the paybill or till at Safaricom. */
  paybillFloat: 'paybill_float',
  /** What notices have told of and nothing has proved yet: it may be allocated, and cannot leave. Parts per short code, as of the float. */
  paybillTold: 'paybill_told',
  /** Settled but not yet allocated; zero at rest. */
  clearing: 'clearing',
  sales: 'sales',
  donations: 'donations',
  counterSales: 'counter_sales',
  vatPayable: 'vat_payable',
  /** The cents between what is owed and the whole shillings that M-PESA moves. */
  rounding: 'rounding',
  /** Money we hold for a customer: a second payment of the same thing, to be refunded. */
  customerCredit: 'customer_credit',
  /** Promised to somebody and on its way out: back to where it came from when it did not get there. */
  payoutReserve: 'payout_reserve',
  /** What the organisation has paid to others. */
  expenses: 'expenses',
  /** Given back to customers; a credit note takes it off sales and VAT. */
  refunds: 'refunds',
  /** Owed to us by those who were given more back than they had paid. */
  receivables: 'receivables',
  /** Fees that are held until a booking is released or refunded. */
  bookingEscrow: 'booking_escrow',
  /** Decided: owed to a provider, or to the payer again, until its payout is approved. */
  bookingPayable: 'booking_payable',
  bookingFees: 'booking_fees',
  /** What borrowers owe of their principals; each loan has an account of its own under it. */
  loans: 'loans',
  /** Earned when it is paid, not when it falls due. */
  loanInterest: 'loan_interest',
  loanFees: 'loan_fees',
  loanPenalties: 'loan_penalties',
  /** What members have saved; each one's account stands under it. */
  savings: 'savings',
  /** The organisation's own bank account, for transfers that are recorded here and made elsewhere. */
  bank: 'bank',
  /** On its way between the bank and M-PESA: what left one of them and has not been seen at the other. */
  bankClearing: 'bank_clearing',
  /** What M-PESA takes for payments and payouts. */
  mpesaCharges: 'mpesa_charges',
  /** Money whose owner or purpose is not known yet. */
  suspense: 'suspense',
} as const;

/** The principal of one loan, and what one member has saved. Their rows are made with the loan and the member. */
export type PartAccountId = `loan:${string}` | `savings:${string}`;

/** What is proved, or told, of one own short code. Their rows are made when money first comes to them. */
export type OwnAccountId = `paybill_float:${string}` | `paybill_told:${string}`;

export type AccountId = (typeof ACCOUNTS)[keyof typeof ACCOUNTS] | PartAccountId | OwnAccountId;

export const loanAccount = (loanId: string): PartAccountId => `loan:${loanId}`;
export const savingsAccount = (memberAccountId: string): PartAccountId => `savings:${memberAccountId}`;

/** Opens the account of one loan or of one member's savings. Safe to repeat. */
export async function openAccount(tx: Tx, account: PartAccountId): Promise<void> {
  const parent = account.startsWith('loan:') ? ACCOUNTS.loans : ACCOUNTS.savings;
  await tx.execute(sql`
  insert into accounts (id, kind, name, parent) select ${account}, kind, name, id from accounts where id = ${parent}
  on conflict (id) do nothing`);
}

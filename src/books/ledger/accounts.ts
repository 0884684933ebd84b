import { sql } from 'drizzle-orm';
import type { Tx } from '#ground/db/types.ts';

/** The organisation's accounts; a hand-written migration inserts them. */
export const ACCOUNTS = {
  /** What stands on the paybill or till at Safaricom. */
  paybillFloat: 'paybill_float',
  /** What notices have told and nothing has proved yet: it may be allocated, but cannot leave. It has a part per short code, like the float. */
  paybillTold: 'paybill_told',
  /** Settled but not yet allocated; zero at rest. */
  clearing: 'clearing',
  sales: 'sales',
  donations: 'donations',
  counterSales: 'counter_sales',
  vatPayable: 'vat_payable',
  /** The cents between what is owed and the whole shillings that M-PESA moves. */
  rounding: 'rounding',
  /** Money that we hold for a customer, such as a second payment for the same thing, until it is refunded. */
  customerCredit: 'customer_credit',
  /** Promised to somebody and on its way out. It goes back to where it came from if it does not get there. */
  payoutReserve: 'payout_reserve',
  /** What the organisation has paid to others. */
  expenses: 'expenses',
  /** Given back to customers; a credit note takes it off sales and VAT. */
  refunds: 'refunds',
  /** Owed to us by those who were given more back than they had paid, or whose loan was disbursed twice. */
  receivables: 'receivables',
  /** Fees that are held until a booking is released or refunded. */
  bookingEscrow: 'booking_escrow',
  /** Fees of bookings that are decided: owed to the provider, or back to the payer, until the payout is approved. */
  bookingPayable: 'booking_payable',
  bookingFees: 'booking_fees',
  /** The principal that borrowers owe; each loan has an account of its own under it. */
  loans: 'loans',
  /** Earned when it is paid, not when it falls due. */
  loanInterest: 'loan_interest',
  loanFees: 'loan_fees',
  loanPenalties: 'loan_penalties',
  /** What members have saved; each member's account stands under it. */
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

/** The account of one loan's principal, or of one member's savings. Its row is made with the loan or the member. */
export type PartAccountId = `loan:${string}` | `savings:${string}`;

/** The account of the proved, or the told, money of one of our short codes. Its row is made when money first comes to it. */
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

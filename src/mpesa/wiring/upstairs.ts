import type { SQL } from 'drizzle-orm';
import type { Tx } from '#ground/db/types.ts';

/**
 * What the storeys above know of money that came here, handed down so that a query remains one statement: each `...Sql` makes an SQL expression, or a `select`, of
 * SQL expressions of ids. `src/app.ts` wires it.
 */
export type Upstairs = {
  /** A `select` of one column `id uuid`: the deposits that repay a loan out of which a repayment of `deposit` (uuid) was reversed. */
  repaidBesideSql(deposit: SQL): SQL;
  /** boolean: whether a repayment by this source (text: the id of a deposit or a match) was reversed. */
  wasUnpaidSql(source: SQL): SQL;
  /** bigint: what is to be sent for a loan (uuid) in all, in cents; null where there is no such loan. */
  loanToSendSql(loan: SQL): SQL;
  /** boolean: whether a payment (uuid) has an invoice or a receipt, which a credit note can take back. */
  isInvoicedSql(payment: SQL): SQL;
  /** text: `loan` or `savings` where the reference (text, in its bare form) is that of a loan or an account of the person (text: a caller's id); null otherwise. */
  ownKindSql(bare: SQL, person: SQL): SQL;
  /** Promises the member whose savings `account` are a notice of what a payout has taken out of them; nothing for any other account. */
  tellSaver(tx: Tx, taken: { account: string; payoutId: string; now: Date }): Promise<void>;
};

import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';

/** The ends of two numbers: to whom a signed line shows that money went, and who had paid it. */
export const PaidToAnother = z.object({ went: z.string(), came: z.string() });

/**
 * A warning that a refund by hand went to another number than the one that paid, by the end that the signed line shows; null where both are one, or nothing shows it.
 * Where the money is matched by time alone, no number is known. `entry` is the row's name in the statement.
 */
export const paidToAnotherSql = (entry: SQL): SQL => sql`(
  select jsonb_build_object('went', l.payer_tail, 'came', coalesce(a.phone_tail, d.payer_tail))
  from statement_lines l join statements s on s.id = l.statement_id
    join deposits d on d.id = coalesce(${entry}.deposit_id, (select counted_deposit_id from payments where id = ${entry}.payment_id))
    left join attempts a on a.id = d.attempt_id
  where ${entry}.kind = 'paid_out' and l.receipt = ${entry}.receipt and l.direction = 'out' and l.kind <> 'charge' and s.state = 'done'
    and l.payer_tail <> coalesce(a.phone_tail, d.payer_tail) and l.payer_tail is distinct from d.payer_tail and not is_guess_1(d)
  limit 1)`;

/** The same for the person who decides. */
export const sayPaidToAnother = ({ went, came }: z.output<typeof PaidToAnother>): string =>
  `The signed statement shows that it went to a number that ends in ${went}, and the payment came from one that ends in ${came}. Approve it only if the payer has the money: they are notified of a refund.`;

import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { listInput, readPage } from '#ground/db/page.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, instant, readRows } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import type { App } from '../../wiring/app.ts';
import { FLOAT_ENTRY_STATES, floatDifferences, floatEntries } from '../float.schema.ts';
import { sayDifference, sayOpening } from '../watch/tell-differences.ts';

/** Which entries: all, or those in a state. Newest first; `before` is the cursor. */
export const ListEntriesInput = listInput(
  {
    state: z.enum(FLOAT_ENTRY_STATES).optional(),
    before: z.uuid().optional(),
  },
  500,
);

/** The last digits of two phone numbers: where a signed line shows that the money went, and where it had come from. */
const PaidToAnother = z.object({ went: z.string(), came: z.string() });

const ENTRY = pick(floatEntries, 'e', [
  ...(['id', 'shortcode', 'kind', 'amountCents', 'occurredOn', 'note', 'state', 'provedBy', 'receipt'] as const),
  ...(['depositId', 'paymentId', 'loanId', 'bookingId'] as const),
  ...(['askedBy', 'askedAt', 'decidedBy', 'decidedAt', 'decisionNote'] as const),
]);
const Entry = ENTRY.row.extend({ paidToAnother: PaidToAnother.nullable() });

const OPEN = pick(floatDifferences, 'd', ['shortcode', 'amountCents', 'sinceAt', 'firstAt', 'foundAt']);
const Opening = z.object({ shortcode: z.string(), openingCents: bigintText, openedAt: instant });

/** Entries, newest first, in keyset pages. Beside them: the differences that are unexplained now, with what to do, and what the first balance held beyond the books. */
export async function listEntries({ db }: Pick<App, 'db'>, input: z.output<typeof ListEntriesInput>) {
  const { state, before } = input;
  const all = sql`from float_entries e where (${state ?? null}::text is null or e.state = ${state ?? null})`;
  const { rows, hasMore, totals } = await readPage(db, Entry, input, {
    list: sql`
    select ${ENTRY.list}, ${paidToAnotherSql(sql`e`)} as paid_to_another
    ${all} and (${before ?? null}::uuid is null or e.id < ${before ?? null}::uuid)
    order by e.id desc`,
    all,
  });
  const open = await readRows(
    db,
    OPEN.row,
    sql`
    select ${OPEN.list} from float_differences d where d.explained_at is null and d.accepted_at is null order by d.first_at, d.id limit 100`,
  );
  const openings = await readRows(
    db,
    Opening,
    sql`
    select * from (
      select w.shortcode, w.opening_cents - learnt_since_2(w.shortcode, w.opened_at) as opening_cents, w.opened_at from float_watches w
    ) opened where opening_cents <> 0 order by shortcode`,
  );
  return {
    entries: rows.map(({ id, amountCents, occurredOn, paidToAnother, ...row }) => ({
      entryId: id,
      ...row,
      amount: shillings(amountCents),
      on: occurredOn,
      ...(paidToAnother && { warning: sayPaidToAnother(paidToAnother) }),
    })),
    nextBefore: hasMore ? (rows.at(-1)?.id ?? null) : null,
    ...totals,
    unexplained: open.map(({ amountCents, ...row }) => ({
      ...row,
      amount: shillings(amountCents),
      words: sayDifference({ ...row, amountCents }),
    })),
    beforeTheFirstBalance: openings.map(({ openingCents, ...row }) => ({
      ...row,
      amount: shillings(openingCents),
      words: sayOpening({ ...row, openingCents }),
    })),
  };
}

/**
 * The SQL of a warning that a refund by hand went to another number than the one that paid, by the last digits on the signed line; null where they agree or nothing
 * shows them. A deposit that is matched by time alone has no known number. `entry` is the row's name in the statement.
 */
const paidToAnotherSql = (entry: SQL): SQL => sql`(
  select jsonb_build_object('went', l.payer_tail, 'came', coalesce(a.phone_tail, d.payer_tail))
  from statement_lines l join statements s on s.id = l.statement_id
    join deposits d on d.id = coalesce(${entry}.deposit_id, (select counted_deposit_id from payments where id = ${entry}.payment_id))
    left join attempts a on a.id = d.attempt_id
  where ${entry}.kind = 'paid_out' and l.receipt = ${entry}.receipt and l.direction = 'out' and l.kind <> 'charge' and s.state = 'done'
    and l.payer_tail <> coalesce(a.phone_tail, d.payer_tail) and l.payer_tail is distinct from d.payer_tail and not is_guess_1(d)
  limit 1)`;

/** The same warning in words, for the person who decides. */
const sayPaidToAnother = ({ went, came }: z.output<typeof PaidToAnother>): string =>
  `The signed statement shows that it went to a number that ends in ${went}, and the payment came from one that ends in ${came}. Approve it only if the payer has the money: they are notified of a refund.`;

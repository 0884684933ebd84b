import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import type { Call } from '#ground/call.ts';
import { listInput, pageStatements, takePage } from '#ground/db/page.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, inOneBatch, rowOf, rowsOf } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { shillings } from '#ground/money/cents.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import type { App } from '../../wiring/app.ts';
import { rejectionWords } from '../rejection-words.ts';
import { availableSql } from '../require-float.ts';
import { STOPPED, sayStopped } from '../stopped.ts';
import { bulkLines } from './bulk.schema.ts';
import { LINE_STATE, LINE_STATES } from './line-state.ts';
import { BULK, presentBulk } from './list-bulk-payouts.ts';
import { repeatsSql } from './repeats.ts';

const START = 'Send the nextCursor of the page before, unchanged.';

/** Which bulk payout; its lines by state, or only those that are repeats; `cursor` is where the page begins. */
export const ReadBulkInput = listInput(
  {
    id: z.uuid(),
    state: z.enum(LINE_STATES).optional(),
    repeats: z.stringbool().default(false),
    cursor: z.coerce.number(START).int(START).min(0, START).optional(),
    format: z.enum(['json', 'csv']).default('json'),
  },
  5_000,
  200,
);

const LINE = pick(bulkLines, 'l', ['line', 'phone', 'amountCents', 'name', 'ownReference', 'payoutId']);
const Repeat = z.object({ line: z.number().nullable(), payout: z.string().nullable(), at: z.string().nullable() });
const Line = LINE.row.extend({
  state: z.enum(LINE_STATES),
  receipt: z.string().nullable(),
  code: z.string().nullable(),
  repeats: z.array(Repeat).nullable(),
});
const Count = z.object({ state: z.enum(LINE_STATES), lines: z.coerce.number(), cents: bigintText, repeats: z.coerce.number() });

const COLUMNS = ['line', 'phone', 'amount', 'name', 'reference', 'state', 'why', 'receipt', 'payoutId', 'repeats'];

/**
 * A bulk payout: how many lines stand how, with their sums, what of the float can leave, which lines are repeats, and a page of its lines in
 * the order of the file. Whoever may approve it sees whole numbers until it is decided. Throws `bulk_not_found`. One round trip.
 */
export async function readBulkPayout(
  { db, config }: Pick<App, 'db' | 'config'>,
  input: z.output<typeof ReadBulkInput>,
  { caller }: Pick<Call, 'caller'>,
) {
  const { id, format } = input;
  const [found, counted, float, standing, ...page] = await inOneBatch(db, [
    sql`select ${BULK.list} from bulk_payouts b where b.id = ${id}::uuid`,
    sql`select s.state, count(*) as lines, sum(s.amount_cents)::text as cents, count(s.repeats) as repeats
      from (select l.amount_cents, ${LINE_STATE} as state, ${repeatsSql} as repeats from bulk_payouts b join bulk_lines l on l.bulk_id = b.id where b.id = ${id}::uuid) s group by 1`,
    sql`select cents from ${availableSql(config)} f`,
    STOPPED,
    ...pageStatements(input, sql`select s.* ${linesSql(input)} order by s.line`, linesSql({ ...input, cursor: undefined })),
  ]);
  const [bulk] = rowsOf(BULK.row, found?.rows);
  if (!bulk) throw new AppError('bulk_not_found', 'There is no such bulk payout.');
  const maySee = bulk.state === 'requested' && caller.scopes.includes('payouts:approve');
  const { rows, hasMore, totals } = takePage(Line, input, page);
  const lines = rows.map((line) => presentLine(line, maySee));
  const nextCursor = hasMore ? String(lines.at(-1)?.line) : null;
  if (format === 'csv') return new Sheet(`${bulk.reference}.csv`, COLUMNS, lines.map(asRow), nextCursor);
  const counts = rowsOf(Count, counted?.rows);
  const { cents } = rowOf(z.object({ cents: bigintText }), float?.rows);
  return {
    ...presentBulk(bulk),
    progress: Object.fromEntries(
      LINE_STATES.map((state) => {
        const [of] = counts.filter((each) => each.state === state);
        return [state, { lines: of?.lines ?? 0, amount: shillings(of?.cents ?? 0n) }];
      }),
    ),
    repeats: counts.reduce((total, { repeats }) => total + repeats, 0),
    float: presentFloat(cents, counts),
    stopped: sayStopped(standing?.rows),
    lines,
    nextCursor,
    ...totals,
  };
}

/** What of the float can leave now, and how much more the lines that wait take. */
function presentFloat(cents: bigint, counts: z.output<typeof Count>[]) {
  const available = cents > 0n ? cents : 0n;
  const waiting = counts.find(({ state }) => state === 'waiting')?.cents ?? 0n;
  return { available: shillings(available), short: shillings(waiting > available ? waiting - available : 0n) };
}

const linesSql = ({ id, state, repeats, cursor }: z.output<typeof ReadBulkInput>) => sql`
  from (
    select ${LINE.list}, ${LINE_STATE} as state, ${repeatsSql} as repeats,
      (select string_agg(w.receipt, ' ' order by w.part) from withdrawals w where w.payout_id = l.payout_id) as receipt,
      (select min(w.result_code) from withdrawals w where w.payout_id = l.payout_id and w.state = 'rejected') as code
    from bulk_payouts b join bulk_lines l on l.bulk_id = b.id where b.id = ${id}::uuid and l.line > ${cursor ?? 0}::int order by l.line
  ) s where ${state ? sql`s.state = ${state}` : sql`true`} and ${repeats ? sql`s.repeats is not null` : sql`true`}`;

const presentLine = ({ phone, amountCents, ownReference, code, repeats, ...line }: z.output<typeof Line>, maySee: boolean) => ({
  ...line,
  reference: ownReference,
  amount: shillings(amountCents),
  maskedPhone: maskPhone(phone),
  ...(maySee && { phoneNumber: phone }),
  why: code === null ? null : rejectionWords(code),
  repeats: (repeats ?? []).map(({ line: other, payout, at }) => ({ line: other, payout, requestedAt: at && new Date(at).toISOString() })),
});

const asRow = ({ maskedPhone, phoneNumber, repeats, ...line }: ReturnType<typeof presentLine>) => ({
  ...line,
  phone: phoneNumber ?? maskedPhone,
  repeats: repeats.map(({ line: other, payout }) => [payout, other && `line ${other}`].filter(Boolean).join(' ')).join('; '),
});

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { toRow } from '#mpesa/reconcile/to-row.ts';
import { numberRepeats } from '#mpesa/statements/line-key.ts';
import type { LineKind, StatementLine } from '#mpesa/statements/statement.ts';
import { type Movement, matchStatement } from '../statements/match-statement.ts';
import { push } from '../world/checkout.ts';
import { scaled } from '../world/counts.ts';
import { startWorld, type World } from '../world/world.ts';

const MINUTE_MS = 60_000;
const DAY = Date.parse('2026-11-20T00:00:00+03:00');
const covers = { from: new Date(DAY), to: new Date(DAY + 60 * MINUTE_MS) };
const CODE = '174379';

let world: World;
let paymentId: string;
beforeAll(async () => {
  world = await startWorld();
  ({ paymentId } = await push(world));
});
afterAll(() => world.stop());

type Line = { receipt: number; minute: number; amount: number; kind: LineKind; linked: number };
type Moved = { receipt: number | null; minute: number; lasts: number; amount: number; direction: 'in' | 'out' };

// few receipts, amounts and minutes, so that everything meets everything
const lines = fc.array(
  fc.record({
    receipt: fc.nat(9),
    minute: fc.nat(12),
    amount: fc.integer({ min: 1, max: 2 }),
    kind: fc.constantFrom<LineKind[]>('payment', 'payment', 'payment', 'payout', 'charge', 'sweep', 'internal', 'reversal'),
    linked: fc.nat(9),
  }),
  { maxLength: 14 },
);
const movements = fc.uniqueArray(
  fc.record({
    receipt: fc.option(fc.nat(9), { freq: 2 }),
    minute: fc.integer({ min: -3, max: 12 }),
    lasts: fc.integer({ min: 1, max: 4 }),
    amount: fc.integer({ min: 1, max: 2 }),
    direction: fc.constantFrom<('in' | 'out')[]>('in', 'in', 'out'),
  }),
  {
    maxLength: 12,
    selector: ({ receipt, direction, minute, lasts, amount }) =>
      receipt === null ? `${minute} ${lasts} ${amount} ${direction}` : `${receipt} ${direction}`,
  },
);

const nameOf = (receipt: number) => `UKK000000${receipt}`;
const at = (minute: number) => new Date(DAY + minute * MINUTE_MS);

function toLine({ receipt, minute, amount, kind, linked }: Line): StatementLine {
  const direction = kind === 'payment' ? 'in' : 'out';
  const more = kind === 'reversal' ? { linkedReceipt: nameOf(linked) } : {};
  return {
    ...{ lineNumber: 1, receipt: nameOf(receipt), completedAt: at(minute), details: '', status: 'Completed', direction, kind, ordinal: 1 },
    ...{ amountCents: BigInt(amount * 10_000), account: 'utility', currency: 'KES' },
    ...more,
  };
}

/** Writes the movements past the product. A success without a receipt has the prompt that could bring it. */
async function write(moved: Moved[]): Promise<Movement[]> {
  const { sql } = world.database;
  await sql('delete from statement_absences');
  await sql('delete from statement_lines');
  await sql('delete from statements');
  await sql('delete from withdrawals');
  await sql('delete from payouts');
  await sql('delete from deposits');
  const written: Movement[] = [];
  for (const { receipt, minute, lasts, amount, direction } of moved) {
    const [id, attemptId] = [newId(), newId()];
    const [from, to, cents] = [at(minute), at(minute + lasts), amount * 10_000];
    if (direction === 'in') {
      if (receipt === null)
        await sql(
          `insert into attempts (id, payment_id, phone_hash, phone_tail, amount_cents, state, live, live_until, payable_until, created_at) values ($1, $2, 'x', '000', $3, 'paid', false, $4, $5, $4)`,
          [attemptId, paymentId, cents, from, to],
        );
      await sql(
        `insert into deposits (id, source, attempt_id, amount_cents, receipt, shortcode, moved_at, settled_at, confirmed_at) values ($1, $2, $3, $4, $5, $6, $7, $7, $7)`,
        [
          id,
          receipt === null ? 'stk' : 'c2b',
          receipt === null ? attemptId : null,
          cents,
          receipt === null ? null : nameOf(receipt),
          CODE,
          from,
        ],
      );
    } else {
      await sql(
        `insert into payouts (id, reference, kind, source_account, amount_cents, parts_cents, state, caller, requested_by, requested_at) values ($1, $2, 'payment', 'expenses', $3, '{}', 'paid', 'test', 'test', $4)`,
        [id, id, cents, from],
      );
      await sql(
        `insert into withdrawals (id, payout_id, part, amount_cents, state, receipt, dispatched_at, settled_at) values ($1, $1, 1, $2, 'paid', $3, $4, $5)`,
        [id, cents, receipt === null ? null : nameOf(receipt), from, receipt === null ? to : from],
      );
    }
    written.push({
      id,
      direction,
      amountCents: BigInt(cents),
      at: from,
      ...(receipt === null ? { payableUntil: to } : { receipt: nameOf(receipt) }),
    });
  }
  return written;
}

async function compare(read: StatementLine[], limit: number): Promise<{ lines: string[]; absent: string[] }> {
  const { sql } = world.database;
  const id = newId();
  await sql(
    `insert into statements (id, state, file_name, parts, shortcode, prompts, pays_out, account, covers_from, covers_to, whole, line_count, uploaded_by, uploaded_at)
     values ($1, 'matching', 'x', 1, $2, true, true, 'utility', $3, $4, true, $5, 'test', now())`,
    [id, CODE, covers.from, covers.to, read.length],
  );
  await sql(
    `insert into statement_lines select $1, t.* from jsonb_to_recordset($2::jsonb) as t(n int, line_number int, line_key text, receipt text, completed_at timestamptz, direction text, amount_cents bigint,
      balance_cents bigint, kind text, ordinal int, linked_receipt text, details text, reference text, standing text, typed_reference text, payer_name text, payer_phone text, payer_hash text, payer_tail text)`,
    [id, JSON.stringify(read.map((line, n) => toRow(world.app.config, CODE, line, n + 1)))],
  );
  for (let done = 1; done > 0; ) [{ done = 0 } = {}] = await sql<{ done: number }>('select match_lines_2($1, $2) as done', [id, limit]);
  await sql('select end_matching_2($1, now())', [id]);
  const found = await sql<{ said: string }>(
    "select finding || ' ' || receipt as said from statement_lines where statement_id = $1 order by n",
    [id],
  );
  const absent = await sql<{ said: string }>(
    "select direction || ' ' || coalesce(receipt, 'nameless ' || amount_cents) as said from statement_absences where statement_id = $1 order by 1",
    [id],
  );
  return { lines: found.map(({ said }) => said), absent: absent.map(({ said }) => said) };
}

test('the database finds in every statement what reading it slowly and plainly finds, however small its pieces', async () => {
  await fc.assert(
    fc.asyncProperty(lines, movements, fc.integer({ min: 1, max: 20 }), async (planned, moved, limit) => {
      const sorted = planned.map(toLine).sort((a, b) => a.completedAt.getTime() - b.completedAt.getTime());
      numberRepeats(sorted);
      const written = await write(moved);
      const expected = matchStatement(sorted, written, covers);
      const said = new Map(
        expected.flatMap((finding) => ('line' in finding ? [[finding.line, finding.verdict.replaceAll(' ', '_')] as const] : [])),
      );
      const showsPayouts = expected.some(
        (finding) => 'line' in finding && finding.line.direction === 'out' && ['agrees', 'names'].includes(finding.verdict),
      );
      const showsPayments = sorted.some(({ direction, kind }) => direction === 'in' && kind === 'payment');
      const shows = { in: showsPayments, out: showsPayouts };
      const absent = expected.flatMap((finding) =>
        finding.verdict === 'missing there' && shows[finding.movement.direction]
          ? [`${finding.movement.direction} ${finding.movement.receipt ?? `nameless ${finding.movement.amountCents}`}`]
          : [],
      );
      const found = await compare(sorted, limit);
      expect(found).toEqual({ lines: sorted.map((line) => `${said.get(line)} ${line.receipt}`), absent: absent.sort() });
    }),
    { numRuns: scaled(40) },
  );
}, 240_000);

import { newId } from '#ground/db/columns.ts';
import { toRow } from '#mpesa/reconcile/to-row.ts';
import type { LineKind, StatementLine } from '#mpesa/statements/statement.ts';
import type { Movement } from '../statements/match-statement.ts';
import { push } from '../world/checkout.ts';
import type { World } from '../world/world.ts';

const MINUTE_MS = 60_000;
const DAY = Date.parse('2026-11-20T00:00:00+03:00');
const CODE = '174379';

/** The hour that the statements are about. */
export const COVERS = { from: new Date(DAY), to: new Date(DAY + 60 * MINUTE_MS) };

/** A line of a statement: its amount in hundreds of shillings, its minute in the hour. */
export type PlannedLine = { receipt: number; minute: number; amount: number; kind: LineKind; linked: number };
/** A movement of the books. One without a receipt `lasts` some minutes: so long its prompt could be paid. */
export type PlannedMovement = { receipt: number | null; minute: number; lasts: number; amount: number; direction: 'in' | 'out' };

export const nameOf = (receipt: number) => `UKK${String(receipt).padStart(7, '0')}`;
const at = (minute: number) => new Date(DAY + minute * MINUTE_MS);

export function toLine({ receipt, minute, amount, kind, linked }: PlannedLine): StatementLine {
  const direction = kind === 'payment' ? 'in' : 'out';
  const more = kind === 'reversal' ? { linkedReceipt: nameOf(linked) } : {};
  return {
    ...{ lineNumber: 1, receipt: nameOf(receipt), completedAt: at(minute), details: '', status: 'Completed', direction, kind, ordinal: 1 },
    ...{ amountCents: BigInt(amount * 10_000), account: 'utility', currency: 'KES' },
    ...more,
  };
}

/** Statements and movements that are written past the product, in the hour that `COVERS`. */
export async function plannedBooks(world: World) {
  const { sql } = world.database;
  const { paymentId } = await push(world);

  /** Writes the movements past the product. A success without a receipt has the prompt that could bring it. */
  async function write(moved: PlannedMovement[]): Promise<Movement[]> {
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
    const id = newId();
    await sql(
      `insert into statements (id, state, file_name, parts, shortcode, prompts, pays_out, account, covers_from, covers_to, whole, line_count, uploaded_by, uploaded_at)
       values ($1, 'matching', 'x', 1, $2, true, true, 'utility', $3, $4, true, $5, 'test', now())`,
      [id, CODE, COVERS.from, COVERS.to, read.length],
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

  return { write, compare };
}

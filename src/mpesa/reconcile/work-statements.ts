import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { innermost, isWorthRepeating } from '#ground/db/errors.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { refuteAbsent } from '../paybill/refute-absent.ts';
import { allocate } from '../payments/allocate.ts';
import type { App } from '../wiring/app.ts';
import { readFile } from './read-file.ts';

const LEASE_MS = 60_000;
/** Lines that one request compares: each may be compared with every success of its amount that has no receipt. */
const MATCHED = 500;
/** Lines that one request settles: each holds two locks until it ends. */
const SETTLED = 200;

const Claimed = z.object({
  id: z.uuid(),
  state: z.enum(['waiting', 'reading', 'matching', 'signed']),
  fileName: z.string(),
  parts: z.number(),
  shortcode: z.string().nullable(),
  done: z.number(),
});

/**
 * Continues every statement that waits for us: reads and compares uploaded ones, settles signed ones. Each step begins where the one before ended, and may run twice
 * at the same time: nothing is booked twice.
 */
export async function workStatements(app: App, deadline: Date): Promise<{ steps: number }> {
  let steps = 0;
  const left = new Set<string>();
  const failed: unknown[] = [];
  const endPayouts = () =>
    app.db
      .query('select settle_unresolved_3($1::timestamptz), end_already_reversed_2($1::timestamptz)', [app.clock.now().toISOString()])
      .catch((error) => failed.push(error));
  await endPayouts();
  while (app.clock.now() < deadline) {
    const claimed = await claim(app, [...left]);
    if (!claimed) break;
    steps += 1;
    const before = `${claimed.state} ${claimed.done}`;
    try {
      await advance(app, claimed, deadline);
      if ((await release(app, claimed.id)) === before) left.add(claimed.id); // another run works on it
    } catch (error) {
      failed.push(error); // its lease stays: the next run begins with others
      left.add(claimed.id);
    }
  }
  if (steps > 0) await endPayouts(); // what these statements say of payouts
  if (failed.length > 0) throw failed[0];
  return { steps };
}

async function claim({ db, clock }: App, except: string[]) {
  const now = clock.now();
  const [row] = await readRows(
    db,
    Claimed,
    sql`
    update statements set leased_until = ${instantSql(new Date(now.getTime() + LEASE_MS))}
    where id = (
      select id from statements where state in ('waiting', 'reading', 'matching', 'signed') and (leased_until is null or leased_until <= ${instantSql(now)})
        and id <> all(${sql.param(except)}::uuid[])
      order by leased_until nulls first, id limit 1 for update skip locked)
    returning id, state, file_name, parts, shortcode, done`,
  );
  return row;
}

async function release({ db }: App, id: string): Promise<string> {
  const statement = sql`update statements set leased_until = null where id = ${id}::uuid returning state, done`;
  const [row] = await readRows(db, z.object({ state: z.string(), done: z.number() }), statement);
  return `${row?.state} ${row?.done}`;
}

async function advance(app: App, claimed: z.output<typeof Claimed>, deadline: Date): Promise<void> {
  if (claimed.state === 'waiting' || claimed.state === 'reading') return readFile(app, claimed, deadline);
  if (claimed.state === 'matching') return matchLines(app, claimed.id, deadline);
  return settleLines(app, claimed.id, deadline);
}

async function matchLines({ db, clock }: App, id: string, deadline: Date): Promise<void> {
  while (clock.now() < deadline) {
    const [chunk] = await db.query('select match_lines_2($1::uuid, $2::int) as done', [id, MATCHED]);
    if (chunk?.done === 0) break;
  }
  // in a batch, which may run as long as comparing all movements of a month takes
  await db.batch([db.execute(sql`select end_matching_2(${id}::uuid, ${instantSql(clock.now())})`)]);
}

async function settleLines(app: App, id: string, deadline: Date): Promise<void> {
  const { db, clock } = app;
  // reversed payments are proved and locked line by line, before they can be allocated
  while (clock.now() < deadline) {
    const settle = () => db.query('select settle_reversed_2($1::uuid, $2::timestamptz) as settled', [id, clock.now().toISOString()]);
    const [line] = await settle().catch((error) => passLine(app, id, error, { reversed: true }));
    if (line?.settled !== true) break;
  }
  if (clock.now() >= deadline) return;
  if (!(await settleInOrder(app, id, deadline))) return;
  await db.execute(sql`select end_statement_3(${id}::uuid, ${instantSql(clock.now())})`);
  await refuteAbsent(app, deadline); // at once what time allows; the job of each minute refutes the rest
}

/**
 * Settles the lines from first to last, some in each request. Where a request fails it tries ever fewer lines, down to the one that fails alone and is skipped.
 * False when time has run out.
 */
async function settleInOrder(app: App, id: string, deadline: Date): Promise<boolean> {
  const { db, clock, log } = app;
  const text = 'select "depositId" from settle_lines_2($1::uuid, $2::int, $3::timestamptz)';
  for (let lines = SETTLED; clock.now() < deadline; ) {
    try {
      const settled = await db.query(text, [id, lines, clock.now().toISOString()]);
      // at once what time allows; the job of each minute allocates the rest, and what fails here
      for (const { depositId } of settled)
        if (clock.now() < deadline)
          await allocate(app, String(depositId)).catch((error) => log.error('allocation_failed', error, { depositId }));
      lines = Math.min(SETTLED, lines * 2);
    } catch (error) {
      if (lines === 1 || isWorthRepeating(error)) await passLine(app, id, error, { reversed: false });
      lines = Math.ceil(lines / 2);
    }
    const [progress] = await readRows(
      db,
      z.object({ left: z.number() }),
      sql`select line_count - done as left from statements where id = ${id}::uuid`,
    );
    if (!progress || progress.left <= 0) return true;
  }
  return false;
}

/** Skips the line that fails each time it is settled, and opens a task for it. Throws an error that may pass in a moment. */
async function passLine({ db, clock, log }: App, id: string, error: unknown, { reversed }: { reversed: boolean }) {
  if (isWorthRepeating(error)) throw error;
  const [line] = await db.query('select pass_line_1($1::uuid, $2::boolean, $3::timestamptz) as receipt', [
    id,
    reversed,
    clock.now().toISOString(),
  ]);
  log.error('statement_line_not_settled', innermost(error), { statementId: id, receipt: line?.receipt });
  return [{ settled: true }];
}

/** When a statement, or a line about a payout whose end is known meanwhile, is next due, as a value in a statement. What a statement that is signed later says of a reversal comes with that one. */
export const statementsDueSql = (_app: unknown, at: SQL): SQL => sql`(select least(
  (select min(coalesce(leased_until, ${at})) from statements where state in ('waiting', 'reading', 'matching', 'signed')),
  (select ${at} where exists (select from reviews where kind = 'payout_already_reversed' and closed_at is null and opened_at > ${at} - interval '3 minutes')),
  (select ${at} where exists (select from statement_lines l join statements s on s.id = l.statement_id
    where l.finding = 'unresolved' and l.verdict is null and s.state in ('signed', 'done') and (
      s.decided_at < ${at} - interval '15 minutes' and not was_asked_1('payout_on_statement', l.movement_id::text)
      or not exists (select from withdrawals w where w.id = l.movement_id and w.state in ('reserved', 'dispatched', 'unknown') and w.result_code is distinct from 'R000001'))))))`;

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { record } from '#ground/audit/record.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { kes, sum } from '#ground/money/cents.ts';
import type { Deliver } from '#ground/outbox/delivery/drain.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import type { App } from '../../wiring/app.ts';
import { openPayouts } from '../open-payout.ts';
import { availableSql, LOCK_FLOAT } from '../require-float.ts';
import { reservePartsSql } from '../reserve-payouts.ts';
import { bulkLines } from './bulk.schema.ts';
import { type LockedBulk, lockBulk } from './lock-bulk.ts';

const CHUNK = 200;
/** The request with the approval begins with so many, the minute takes a whole file. */
const HEAD_START = 5;
const A_FILE = 25;
const LOOK_AGAIN_MS = 60_000;

const LINE = pick(bulkLines, 'l', ['id', 'line', 'phone', 'amountCents', 'name']);
type Line = z.output<typeof LINE.row>;

/** Keeps the promise of an approved bulk payout: reserves its lines until none waits. While the float is short it looks again each minute. */
export const reserveBulk: Deliver<'reserve_bulk', App> = async (app, { bulkId }) => {
  const outcome = await reserveLines(app, bulkId, A_FILE);
  return outcome === 'done' ? undefined : new Date(app.clock.now().getTime() + (outcome === 'short' ? LOOK_AGAIN_MS : 0));
};

/**
 * Makes a payout of each line that still waits, in the order of the file, and reserves its money: 200 in a transaction, as far as the float
 * goes. A line gets its payout once, whoever runs this at the same time and wherever it is cut off. Says why it ended: no line waits, the
 * float is short, or there are more.
 */
export async function reserveLines(app: App, bulkId: string, mostChunks = HEAD_START): Promise<Outcome> {
  for (let chunk = 0; chunk < mostChunks; chunk++) {
    const outcome = await app.db.transaction((tx) => reserveChunk(app, tx, bulkId));
    if (outcome !== 'more') return outcome;
  }
  return 'more';
}

type Outcome = 'more' | 'done' | 'short';

async function reserveChunk({ config, clock }: App, tx: Tx, bulkId: string): Promise<Outcome> {
  const now = clock.now();
  const bulk = await lockBulk(tx, bulkId);
  if (bulk.state !== 'approved') return 'done'; // cancelled meanwhile, or another run was faster
  await tx.execute(LOCK_FLOAT);
  const [float] = await readRows(tx, z.object({ cents: bigintText }), sql`select cents from ${availableSql(config)} f`);
  const waiting = await readRows(
    tx,
    LINE.row,
    sql`select ${LINE.list} from bulk_lines l where l.bulk_id = ${bulkId}::uuid and l.payout_id is null and l.cancelled_at is null order by l.line limit ${CHUNK}`,
  );
  const fitting = fitInto(waiting, float?.cents ?? 0n);
  if (fitting.length > 0) await reserve(tx, bulk, fitting, now);
  if (fitting.length < waiting.length) {
    const [next] = waiting.slice(fitting.length);
    const words = `${bulk.reference}: line ${next?.line} takes ${kes(next?.amountCents ?? 0n)}, which is more than can leave now. It and the lines after it wait.`;
    await openTask(tx, { kind: 'bulk_float_short', subject: bulkId, openedAt: now, words });
    return 'short';
  }
  if (waiting.length === CHUNK) return 'more';
  await tx.execute(sql`update bulk_payouts set state = 'started' where id = ${bulkId}::uuid`);
  await tx.execute(closeTasksSql({ kinds: ['bulk_float_short'], subjects: [bulkId], closedAt: now, note: 'All lines are reserved.' }));
  return 'done';
}

/** The first lines that the float covers together: none overtakes another. */
function fitInto(lines: readonly Line[], availableCents: bigint): Line[] {
  let left = availableCents;
  const short = lines.findIndex(({ amountCents }) => {
    left -= amountCents;
    return left < 0n;
  });
  return short === -1 ? [...lines] : lines.slice(0, short);
}

async function reserve(
  tx: Tx,
  { id, reference, reason, requestedBy, decidedBy }: LockedBulk,
  lines: readonly Line[],
  now: Date,
): Promise<void> {
  if (!decidedBy) throw new Error('A bulk payout is reserved that nobody has approved.');
  const payoutIds = await openPayouts(
    tx,
    lines.map(({ line, phone, amountCents, name }) => ({
      ...{ kind: 'payment', sourceAccount: ACCOUNTS.expenses, phone, amountCents, requestedBy, approvedBy: decidedBy, now },
      reason: [`${reference}, line ${line}: ${reason}`, name].filter(Boolean).join(', '),
    })),
  );
  const ids = sql.param(payoutIds);
  await tx.execute(sql`
    update bulk_lines l set payout_id = o.payout_id from unnest(${sql.param(lines.map((line) => line.id))}::uuid[], ${ids}::uuid[]) as o(id, payout_id) where l.id = o.id`);
  for (const statement of reservePartsSql(sql`p.id = any(${ids}::uuid[])`, { now, urgency: 1 })) await tx.execute(statement);
  const after = {
    lines: lines.length,
    amountCents: sum(lines.map(({ amountCents }) => amountCents)).toString(),
    from: lines[0]?.line,
    to: lines.at(-1)?.line,
  };
  await record(tx, { actor: 'malipo', action: 'bulk_reserved', subject: id, after, happenedAt: now });
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes, shillings, sum } from '#ground/money/cents.ts';
import { newReference } from '#ground/references/reference.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { line } from '#ground/text/line.ts';
import { personBehindSql } from '#people/auth/find-key-holder.ts';
import type { App } from '../../wiring/app.ts';
import { bulkLines, bulkPayouts } from './bulk.schema.ts';
import { hashLines } from './hash-lines.ts';
import { type BulkLine, type LineError, readLines } from './read-lines.ts';
import { repeatsSql } from './repeats.ts';

/** The file, what it is for, and `again` where the same lines are meant to be paid once more. */
export const RequestBulkInput = z.strictObject({
  file: z.instanceof(Uint8Array).refine((bytes) => bytes.length > 0, 'The body is empty: send the file itself.'),
  reason: line(2, 100),
  again: z.stringbool().default(false),
});

const MOST_ERRORS = 200;
const LINES_AT_ONCE = 1_000;

/** The same lines within so many days are taken for a repeat. */
const REPEAT_DAYS = 30;

/**
 * Requests many payouts from a file: every line is checked, and either all of them are kept or none. Nothing moves before a person approves
 * the whole (decide-bulk-payout.ts). Throws `bulk_unreadable` with what to change line by line, `bulk_repeated` for lines that were sent
 * before, `payouts_not_configured`, and `forbidden` for a key without a maker on record. One transaction.
 */
export async function requestBulkPayout(
  { db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>,
  { file, reason, again }: z.output<typeof RequestBulkInput>,
  call: Call,
) {
  if (!config.initiator)
    throw new AppError('payouts_not_configured', 'Set MPESA_INITIATOR_NAME, MPESA_INITIATOR_PASSWORD and MPESA_CERTIFICATE to pay out.');
  const { lines, errors } = await readLines(file);
  if (errors.length > 0) throw unreadable(errors);
  const now = clock.now();
  const bulk = { id: newId(), reference: newReference('BP'), hash: hashLines(lines), lines: lines.length, amountCents: total(lines) };
  const repeated = await db.transaction(async (tx) => {
    await requireMaker(tx, call);
    await refuseRepeat(tx, bulk.hash, again, now);
    await tx.insert(bulkPayouts).values({ ...bulk, reason, state: 'requested', requestedBy: call.caller.id, requestedAt: now });
    for (let first = 0; first < lines.length; first += LINES_AT_ONCE)
      await tx.insert(bulkLines).values(lines.slice(first, first + LINES_AT_ONCE).map((each) => rowOfLine(bulk.id, each)));
    const after = { lines: bulk.lines, amountCents: bulk.amountCents.toString(), hash: bulk.hash, ...(again && { again }) };
    const { caller, requestId } = call;
    await record(tx, { actor: caller.id, action: 'bulk_requested', subject: bulk.id, after, requestId, happenedAt: now });
    const words = `${bulk.reference}: ${bulk.lines} payments, ${kes(bulk.amountCents)} in all.`;
    await openTask(tx, { kind: 'bulk_waits', subject: bulk.id, openedAt: now, words });
    return countRepeats(tx, bulk.id);
  });
  const { id: bulkId, reference, hash, amountCents } = bulk;
  return { bulkId, reference, state: 'requested', hash, lines: lines.length, amount: shillings(amountCents), repeats: repeated };
}

const total = (lines: readonly BulkLine[]): bigint => sum(lines.map(({ amountCents }) => amountCents));

const rowOfLine = (bulkId: string, { name, ownReference, ...each }: BulkLine) => ({
  ...{ ...each, id: newId(), bulkId, phoneHash: lookupHash(each.phone), name: name ?? null, ownReference: ownReference ?? null },
});

function unreadable(errors: readonly LineError[]): AppError {
  const [first] = errors;
  const where = first ? `line ${first.line}${first.column && `, ${first.column}`}: ${first.message}` : '';
  const others = errors.length > 1 ? ` ${errors.length - 1} more are in \`errors\`.` : '';
  return new AppError('bulk_unreadable', `Nothing was kept. Correct ${where}${others} Then send the whole file again.`, {
    errors: errors.slice(0, MOST_ERRORS),
    errorCount: errors.length,
  });
}

/** A key counts as its maker: without one on record nobody could say who else has to approve. */
async function requireMaker(tx: Tx, { caller }: Call): Promise<void> {
  const [maker] = await readRows(
    tx,
    z.object({ id: z.string().nullable() }),
    sql`select ${personBehindSql(sql`${caller.id}::text`)} as id from (select) as always`,
  );
  if (!maker?.id)
    throw new AppError(
      'forbidden',
      'The maker of this API key is no longer here, or unknown: make a new one, and send the file with that.',
    );
}

const Earlier = z.object({ id: z.uuid(), reference: z.string(), state: z.string(), requestedAt: instant });

/** Refuses lines that were sent within the last 30 days and not given up. Two uploads of them at the same time take turns. */
async function refuseRepeat(tx: Tx, hash: string, again: boolean, now: Date): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('bulk:' || ${hash}::text, 0))`);
  const [earlier] = await readRows(
    tx,
    Earlier,
    sql`
    select id, reference, state, requested_at from bulk_payouts
    where hash = ${hash} and requested_at > ${instantSql(now)} - ${REPEAT_DAYS}::int * interval '1 day' and state not in ('declined', 'cancelled')
    order by requested_at desc limit 1`,
  );
  if (!earlier || again) return;
  const { id: bulkId, reference, state, requestedAt } = earlier;
  throw new AppError(
    'bulk_repeated',
    `The same lines were sent within ${REPEAT_DAYS} days, as ${reference}: look there whether they were paid. If they are meant to be paid once more, send the file with ?again=true.`,
    { bulkId, reference, state, requestedAt: requestedAt.toISOString() },
  );
}

/** How many lines pay what another line, or a payout of the last seven days, pays too. */
async function countRepeats(tx: Tx, id: string): Promise<number> {
  const [row] = await readRows(
    tx,
    z.object({ repeats: z.coerce.number() }),
    sql`select count(${repeatsSql}) as repeats from bulk_payouts b join bulk_lines l on l.bulk_id = b.id where b.id = ${id}::uuid`,
  );
  return row?.repeats ?? 0;
}

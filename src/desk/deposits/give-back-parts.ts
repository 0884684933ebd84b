import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import type { Call } from '#ground/call.ts';
import { bigintText, instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes, least } from '#ground/money/cents.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { readSaved } from '#mpesa/refunds/read-held.ts';
import { recordGivenBack } from '#mpesa/refunds/record-given-back.ts';
import { type Place, readPlaces, spreadGivenBack } from '#mpesa/refunds/spread-given-back.ts';
import type { Upstairs } from '#mpesa/wiring/upstairs.ts';
import { readFees } from '#shop/bookings/read-fees.ts';

const Line = z.object({ receipt: z.string(), cents: bigintText, movedAt: instant });
type Line = z.output<typeof Line>;

type Parts = { depositId: string; cents: bigint; reason: string; call: Call; now: Date };

/**
 * Books the parts of a deposit that signed statements show as reversed in the portal, as refunds: from customer credit, suspense or a sale (with a credit note
 * where it had an invoice), from savings, or from a booking's fee that has not left. What the savings or the fee no longer hold, and what we had refunded
 * before, becomes a receivable with a task. After that the rest of the deposit may leave again. The deposit and its payments are locked by the caller. Throws
 * `refund_too_large` where those places hold less.
 */
export async function giveBackParts(tx: Tx, upstairs: Upstairs, parts: Parts): Promise<void> {
  const { depositId, cents, call, now } = parts;
  // before a deposit's first refund, what it bought may pass to other money for the same payment
  await tx.execute(sql`
  select spare_bought_2(${depositId}::uuid, ${instantSql(now)})
  where not exists (select from payouts where subject_id = ${depositId}::uuid and state not in ('declined', 'rejected'))`);
  const held = [...(await readSaved(tx, depositId)), ...(await readFees(tx, depositId))];
  const places = [...(await readPlaces(tx, upstairs, depositId)), ...held];
  const gone: Place[] = [
    ...held.map(({ paymentId, goneCents }) => ({ account: ACCOUNTS.receivables, paymentId, cents: goneCents })),
    { account: ACCOUNTS.receivables, paymentId: null, cents: await readRefunded(tx, depositId) },
  ];
  const takenFrom: Place[] = [];
  let left = cents;
  for (const line of await readLines(tx, depositId)) {
    const taken = spreadGivenBack(places, least(line.cents, left));
    const missing = spreadGivenBack(gone, least(line.cents, left) - sumOf(taken));
    for (const place of [...taken, ...missing]) await recordPart(tx, upstairs, { ...parts, line, place });
    takenFrom.push(...taken, ...missing);
    left -= sumOf([...taken, ...missing]);
  }
  if (left > 0n) throw new AppError('refund_too_large', sayElsewhere(left), { depositId });
  const at = instantSql(now);
  for (const { account, paymentId } of takenFrom)
    if (account === ACCOUNTS.bookingEscrow) await tx.execute(sql`select less_held_2(${paymentId}::uuid, ${call.caller.id}, ${at})`);
  if (takenFrom.some(({ account }) => account === ACCOUNTS.receivables))
    await openTask(tx, { kind: 'taken_back_short', subject: depositId, openedAt: now });
}

function recordPart(
  tx: Tx,
  upstairs: Upstairs,
  { depositId, reason, call, now, line, place }: Parts & { line: Line; place: Place },
): Promise<void> {
  const { id } = call.caller;
  const { receipt, movedAt } = line;
  return recordGivenBack(tx, upstairs, depositId, place, {
    ...{ reason, portalReceipt: receipt, movedAt, requestedBy: id, requestedAt: now, decidedBy: id, now, from: ACCOUNTS.receivables },
  });
}

const sumOf = (places: Place[]): bigint => places.reduce((sum, { cents }) => sum + cents, 0n);

const sayElsewhere = (cents: bigint): string =>
  `${kes(cents)} of what was given back stands in no sale, surplus, suspense, savings or booking any more. Did it repay a loan? Take the repayment back first (POST /api/repayments/<id>/reverse): then it stands in suspense, and what is left of it can be matched to the loan again. Was it matched to what somebody owes us? Undo that first (POST /api/deposits/<id>/unmatch).`;

/** What we had refunded of the deposit before, apart from these parts: as it was reversed in the portal too, it was given back twice. */
async function readRefunded(tx: Tx, depositId: string): Promise<bigint> {
  const statement = sql`
  select coalesce(sum(amount_cents), 0) - parts_given_back_2(${depositId}::uuid) as cents from payouts where subject_id = ${depositId}::uuid and kind in ('refund', 'reversal') and state = 'paid'`;
  const [row] = await readRows(tx, z.object({ cents: bigintText }), statement);
  return row?.cents ?? 0n;
}

/** The statement lines that show what was given back, unbooked ones first; overlapping statements repeat lines. */
const readLines = (tx: Tx, depositId: string) =>
  readRows(
    tx,
    Line,
    sql`
    select l.receipt, l.cents, l.left_at as moved_at from deposits d cross join lateral given_back_lines_1(d.receipt, known_shortcode_1(d)) l
    where d.id = ${depositId}::uuid
    order by exists (select from payouts o where o.subject_id = ${depositId}::uuid and o.portal_receipt = l.receipt), l.left_at, l.receipt, l.nth`,
  );

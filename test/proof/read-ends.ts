import type { World } from '../world/world.ts';
import type { Ends } from './expectation.ts';
import type { Lane } from './world-of-money.ts';

type Deposit = {
  id: string;
  amount_cents: string;
  receipt: string | null;
  attempt_id: string | null;
  payment_id: string | null;
  merged_into?: string | null;
  taken_back_at?: Date | null;
};
type Transfer = { kind: string; source_id: string; debit: string; credit: string; shillings: number };

/** What the product has at rest: each lane's ends, what could not be said of any lane, and each lane's deposits with what only told stands in them. */
export type Read = { ends: Ends[]; told: string[][]; strays: string[] };

const ACCOUNTS = { paybill_float: 'float', paybill_told: 'told', clearing: 'clearing', donations: 'donations' } as const;
const OTHERS = { customer_credit: 'customerCredit', suspense: 'suspense' } as const;
const NAMES: Record<string, 'float' | 'told' | 'clearing' | 'donations' | 'customerCredit' | 'suspense'> = { ...ACCOUNTS, ...OTHERS };
const ASSETS = new Set(['paybill_float', 'paybill_told']);

/** Reads the ends of lanes past the product, out of ledger and deposits, and what the API says of their payments. */
export async function readEnds(world: World, lanes: Lane[], since: Date): Promise<Read> {
  const receipts = lanes.map(({ promptReceipts, handReceipts, lieReceipts }) => [...promptReceipts, ...handReceipts, ...lieReceipts]);
  const attempts = lanes.map(({ owed }) => owed.map(({ attemptId }) => attemptId));
  const payments = lanes.map(({ owed }) => owed.map(({ paymentId }) => paymentId));
  const deposits = await world.database.sql<Deposit>(
    'select * from deposits where receipt = any($1) or attempt_id = any($2) or payment_id = any($3) or settled_at >= $4',
    [receipts.flat(), attempts.flat(), payments.flat(), since],
  );
  const rowOf = new Map(deposits.map((deposit) => [deposit.id, deposit]));
  const laneOf = ({ receipt, attempt_id, payment_id, merged_into, taken_back_at, amount_cents }: Deposit): number => {
    const own = lanes.findIndex((_, n) =>
      Boolean(receipts[n]?.includes(receipt ?? '') || attempts[n]?.includes(attempt_id ?? '') || payments[n]?.includes(payment_id ?? '')),
    );
    const into = rowOf.get(merged_into ?? ''); // a row that was merged has given away what it is known by
    if (own < 0 && into) return laneOf(into);
    // a row that was refuted before it bought anything has no name any more, but its amount, which no other lane has
    return own < 0 && taken_back_at ? lanes.findIndex(({ shillings }) => BigInt(shillings) * 100n === BigInt(amount_cents)) : own;
  };
  const byDeposit = new Map(deposits.map((deposit) => [deposit.id, laneOf(deposit)]));
  const transfers = await world.database.sql<Transfer>(
    `select t.kind, t.source_id, coalesce(d.parent, d.id) as debit, coalesce(c.parent, c.id) as credit, (t.amount_cents / 100)::int as shillings
     from transfers t join accounts d on d.id = t.debit_account join accounts c on c.id = t.credit_account
     where t.booked_at >= $1 and t.kind not like 'payout%' order by t.id`,
    [since],
  );

  const strays: string[] = [];
  const sums = lanes.map(() => ({ float: 0, told: 0, clearing: 0, donations: 0, customerCredit: 0, suspense: 0 }));
  const toldOf = new Map<string, number>();
  for (const { kind, source_id, debit, credit, shillings } of transfers) {
    const source = source_id.slice(0, 36);
    const lane = byDeposit.get(source) ?? receipts.findIndex((each) => each.includes(source_id));
    const sum = sums[lane];
    if (!sum) {
      strays.push(`${kind} of ${source_id}: ${debit} -> ${credit} ${shillings}`);
      continue;
    }
    for (const [account, sign] of [
      [debit, 1],
      [credit, -1],
    ] as const) {
      const name = NAMES[account];
      if (!name) strays.push(`${kind} of ${source_id} touches ${account}`);
      else sum[name] += (ASSETS.has(account) ? sign : -sign) * shillings;
      if (account === 'paybill_told') toldOf.set(source, (toldOf.get(source) ?? 0) + sign * shillings);
    }
  }
  const statuses = await Promise.all(payments.map((ids) => Promise.all(ids.map((id) => readStatus(world, id)))));
  const rows = (lane: number) =>
    deposits.filter((deposit) => !deposit.merged_into && !deposit.taken_back_at && byDeposit.get(deposit.id) === lane);
  return {
    ends: lanes.map((_, n) => ({
      ...(sums[n] as (typeof sums)[number]),
      deposits: rows(n).length,
      payments: statuses[n] ?? [],
    })),
    told: lanes.map((_, n) => rows(n).flatMap(({ id }) => ((toldOf.get(id) ?? 0) > 0 ? [id] : []))),
    strays,
  };
}

const TRIES = 5;

/** What the API says of a payment, asked again where it says that it cannot answer now, as a client does. */
async function readStatus(world: World, paymentId: string, tries = TRIES): Promise<{ status: string; proved: boolean }> {
  const response = await world.send('GET', `/api/payments/${paymentId}`);
  const { status, proved } = (await response.json()) as { status: string; proved?: boolean | null };
  return response.status === 503 && tries > 1 ? readStatus(world, paymentId, tries - 1) : { status, proved: proved === true };
}

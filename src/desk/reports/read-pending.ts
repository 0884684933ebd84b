import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { bigintText, instant, readRows } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';

export const PendingInput = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  format: z.enum(['json', 'csv']).default('json'),
});

const Row = z.object({
  id: z.uuid(),
  reference: z.string(),
  purpose: z.string(),
  amountCents: bigintText,
  askedAt: instant,
  prompts: z.number(),
  pending: z.number(),
  pendingCents: bigintText,
});
type Row = z.output<typeof Row>;

const COLUMNS = ['paymentId', 'reference', 'type', 'amount', 'openPrompts', 'promptedAt', 'waitsSeconds'];

/** The payments that have a prompt whose end nobody knows yet: how many, how much, and the ones that wait longest. */
export async function readPending({ db, clock }: Pick<App, 'db' | 'clock'>, { limit, format }: z.output<typeof PendingInput>) {
  const now = clock.now();
  const rows = await readRows(
    db,
    Row,
    sql`
    with waiting as (
      select a.payment_id, min(a.created_at) as asked_at, count(*)::int as prompts
      from attempts a where a.state in ('requested', 'pending', 'unknown') group by a.payment_id
    )
    select p.id, p.reference, p.purpose, p.amount_cents, w.asked_at, w.prompts, count(*) over ()::int as pending, (sum(p.amount_cents) over ())::bigint as pending_cents
    from waiting w join payments p on p.id = w.payment_id where p.state in ('pending', 'unknown') order by w.asked_at, p.id limit ${limit}`,
  );
  const payments = rows.map((row) => present(row, now));
  if (format === 'csv') return new Sheet(`pending-${nairobiDay(now)}.csv`, COLUMNS, payments);
  const [first] = rows;
  return { pending: first?.pending ?? 0, amount: shillings(first?.pendingCents ?? 0n), oldest: payments[0] ?? null, payments };
}

const present = ({ id, reference, purpose, amountCents, askedAt, prompts }: Row, now: Date) => ({
  ...{ paymentId: id, reference, type: purpose, amount: shillings(amountCents), openPrompts: prompts },
  ...{ promptedAt: askedAt.toISOString(), waitsSeconds: Math.floor((now.getTime() - askedAt.getTime()) / 1000) },
});

import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import type { Waiting } from './prompts.ts';

/** How to count what callbacks of some prompts have done, and what it must be for each. */
export type Effects = { text: string; ids(some: Waiting[]): string[]; each: Record<string, number> };

const settled = (idType: string) => `
  select count(*) filter (where coalesce(to_jsonb(p)->>'state', to_jsonb(p)->>'status') = 'paid') as paid, sum(d.deposits) as deposits, sum(d.allocated) as allocated, sum(d.came) as came, sum(d.sold) as sold,
    sum((select count(*) from evidence e where e.subject_id = a.id)) as evidence, sum((select count(*) from invoices i where i.payment_id = p.id)) as invoices
  from unnest($1::uuid[]) id join attempts a using (id) join payments p on p.id = a.payment_id
  cross join lateral (
    select count(*) as deposits, count(d.allocated_at) as allocated,
      coalesce(sum((select sum(amount_cents) from transfers t where t.kind = 'mpesa_in' and t.source_id = d.id::${idType})), 0) as came,
      coalesce(sum((select sum(amount_cents) from transfers t where t.kind = 'sale' and t.source_id = d.id::${idType})), 0) as sold
    from deposits d where d.attempt_id = a.id) d`;

const BASELINE = `
  select count(*) filter (where p.status = 'paid') as paid, count(d.id) as deposits,
    sum((select sum(amount_cents) from transfers t where t.kind = 'mpesa_in' and t.source_id = d.id)) as came,
    sum((select count(*) from invoices i where i.payment_id = p.id)) as invoices, count(o.id) as promised
  from unnest($1::text[]) checkout join attempts a on a.checkout_id = checkout join payments p on p.id = a.payment_id
  left join deposits d on d.payment_id = p.id left join invoices i on i.payment_id = p.id left join outbox o on o.dedupe_key = 'invoice:' || i.id`;

/** The effects of ours, settled alone or allocated too, with the ledger's source ids as this schema types them; in cents for one payment of `cents`. */
export async function ourEffects(client: pg.Client, whole: boolean, cents: number): Promise<Effects> {
  const { rows } = await client.query<{ type: string }>(
    `select format_type(atttypid, null) as type from pg_attribute where attrelid = 'transfers'::regclass and attname = 'source_id'`,
  );
  const done = whole ? 1 : 0;
  const each = { paid: 1, deposits: 1, allocated: done, came: cents, sold: cents * done, evidence: 1, invoices: done };
  return { text: settled(rows[0]?.type ?? 'text'), ids: (some) => some.map(({ attemptId }) => attemptId), each };
}

export const baselineEffects = (cents: number): Effects => ({
  ...{ text: BASELINE, ids: (some) => some.map(({ checkoutRequestId }) => checkoutRequestId) },
  each: { paid: 1, deposits: 1, came: cents, invoices: 1, promised: 1 },
});

/** Throws unless each of these callbacks has done exactly once what it must. */
export async function assertEffects(client: pg.Client, { text, ids, each }: Effects, some: Waiting[]): Promise<void> {
  const { rows } = await client.query({ name: text.slice(0, 60), text, values: [ids(some)] });
  const found = Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)]));
  const expected = Object.fromEntries(Object.entries(each).map(([name, count]) => [name, count * some.length]));
  if (!isDeepStrictEqual(found, expected)) throw new Error(`Written: ${JSON.stringify(found)}, and should be ${JSON.stringify(expected)}.`);
}

import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { bigintText, instantSql, readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { shillings } from '#ground/money/cents.ts';
import { addDays, type Day, daysBetween, nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';
import { ownShortcodes } from '#mpesa/float/own-shortcodes.ts';
import type { App } from '#mpesa/wiring/app.ts';

const MOST_DAYS = 400;
const USUAL_DAYS = 30;

export const EvidenceInput = z.strictObject({
  from: z.iso.date('A day, written 2026-11-01.').optional(),
  to: z.iso.date('A day, written 2026-11-30.').optional(),
  format: z.enum(['json', 'csv']).default('json'),
});

/** What can report a movement first. A callback or a notice comes to us, once; query, status and pull we ask for; a statement is sent in, and a receipt recorded, by people. */
const TELLERS = ['callback', 'notice', 'query', 'status', 'pull', 'statement', 'person'] as const;
const ASKED: readonly string[] = ['query', 'status', 'pull'];
/** What can prove a movement. Where a pull or a statement proved it after a notice, which of the two is not recorded. */
const PROVERS = ['callback', 'query', 'status', 'pull', 'statement', 'pull_or_statement'] as const;

const Row = z.object({
  on: z.string(),
  toldBy: z.enum(TELLERS),
  provedBy: z.enum(PROVERS).nullable(),
  /** Whether a callback or a notice reported it, even if later than our own questions. */
  wasTold: z.boolean(),
  movements: z.number(),
  amountCents: bigintText,
});
type Row = z.output<typeof Row>;

/**
 * For each day in Nairobi, by M-PESA's own stamp: how many movements of money to us there were, what reported them first, what proved them, and, of those that
 * no message reported, the share that was found without a person. The last 30 days by default, 400 at most. Throws `invalid_input`.
 */
export async function readEvidence(
  { db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>,
  { format, ...asked }: z.output<typeof EvidenceInput>,
) {
  const to = asked.to ?? nairobiDay(clock.now());
  const from = asked.from ?? addDays(to, 1 - USUAL_DAYS);
  if (from > to) throw new AppError('invalid_input', 'from is after to.');
  if (daysBetween(from, to) >= MOST_DAYS) throw new AppError('invalid_input', `At most ${MOST_DAYS} days at a time: ask for a later from.`);
  const rows = await readRows(db, Row, evidenceSql(ownShortcodes(config), from, to));
  const days = [...new Set(rows.map(({ on }) => on))].sort().map((on) => ({ on, ...tell(rows.filter((row) => row.on === on)) }));
  if (format === 'csv') return new Sheet(`evidence-${from}-${to}.csv`, COLUMNS, days.map(flat));
  return { from, to, days, total: tell(rows) };
}

const evidenceSql = (shortcodes: string[], from: Day, to: Day): SQL => {
  const ours = sql.param(shortcodes);
  const [first, end] = [from, addDays(to, 1)].map((day) => instantSql(nairobiMoment(day)));
  return sql`
  select "on", told_by, proved_by, told_by in ('callback', 'notice') or told_later as was_told, count(*)::int as movements, sum(amount_cents)::bigint as amount_cents
  from (
    select (d.moved_at at time zone 'Africa/Nairobi')::date::text as "on", d.amount_cents,
      case when exists (select from recorded_receipts r where r.receipt = d.receipt and r.state = 'booked') then 'person'
        when t.debit_account like 'paybill_told%' or d.source = 'c2b' then 'notice' when d.source = 'stk' then coalesce(e.source, 'query') else d.source end as told_by,
      -- what proved it first: a list, where that was before any message
      case when d.confirmed_at is null then null
        when least(e.received_at, s.received_at) <= d.confirmed_at or d.source = 'stk' and e.source is not null
          then case when s.received_at < e.received_at or e.received_at is null then 'status' else e.source end
        when d.source = 'stk' then 'query' when d.source <> 'c2b' then d.source else 'pull_or_statement' end as proved_by,
      d.id in (
        select m.merged_into from deposits m where m.merged_into is not null and m.source = 'c2b' and m.shortcode = any(${ours}::text[])
          and m.moved_at >= ${first} - interval '1 day' and m.moved_at < ${end} + interval '1 day')
        or exists (select from evidence v where v.subject_id = d.attempt_id and v.source = 'callback' and v.verdict in ('pays', 'names', 'known'))
        or exists (select from evidence v where v.subject_id = d.id and v.source = 'c2b'
          and not exists (select from recorded_receipts r where r.body_hash = v.body_hash)) as told_later
    from deposits d
    left join transfers t on t.kind = 'mpesa_in' and t.source_id = d.id::text and t.leg = 1
    left join lateral (
      select v.source, v.received_at from evidence v where v.subject_id = d.attempt_id and v.source in ('callback', 'query') and v.verdict = 'pays'
      order by v.received_at, v.id limit 1
    ) e on true
    left join lateral (
      select min(v.received_at) as received_at from evidence v where v.subject_id = d.id and v.source = 'transaction-status' and v.verdict = 'confirms'
    ) s on true
    where d.shortcode = any(${ours}::text[]) and d.moved_at >= ${first} and d.moved_at < ${end} and d.merged_into is null
      and (d.taken_back_at is null or d.confirmed_at is not null) -- what was given back in the portal came nevertheless
  ) moved group by 1, 2, 3, 4`;
};

function tell(rows: Row[]) {
  const count = (of: (row: Row) => boolean) => rows.filter(of).reduce((sum, { movements }) => sum + movements, 0);
  const toldBy = Object.fromEntries(TELLERS.map((teller) => [teller, count((row) => row.toldBy === teller)]));
  const provedBy = Object.fromEntries(PROVERS.map((prover) => [prover, count((row) => row.provedBy === prover)]));
  const recovered = count(({ toldBy: by, wasTold }) => !wasTold && ASKED.includes(by));
  const missed = count(({ wasTold }) => !wasTold);
  return {
    movements: count(() => true),
    amount: shillings(rows.reduce((sum, { amountCents }) => sum + amountCents, 0n)),
    ...{ toldBy, provedBy, unproved: count(({ provedBy: by }) => by === null) },
    /** About the movements that neither a callback nor a notice reported; the rate is null when there are none. */
    ...{ missed, recovered, recoveredPercent: missed === 0 ? null : Math.floor((recovered * 10_000) / missed) / 100 },
  };
}

const COLUMNS = [
  ...['on', 'movements', 'amount', ...TELLERS.map((teller) => `told_by_${teller}`), ...PROVERS.map((prover) => `proved_by_${prover}`)],
  ...['unproved', 'missed', 'recovered', 'recovered_percent'],
];

const flat = ({ on, toldBy, provedBy, recoveredPercent, ...day }: { on: string } & ReturnType<typeof tell>) => ({
  ...{ on, ...day, recovered_percent: recoveredPercent },
  ...Object.fromEntries(TELLERS.map((teller) => [`told_by_${teller}`, toldBy[teller]])),
  ...Object.fromEntries(PROVERS.map((prover) => [`proved_by_${prover}`, provedBy[prover]])),
});

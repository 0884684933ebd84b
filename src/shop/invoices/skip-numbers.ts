import { type SQL, sql } from 'drizzle-orm';
import { recordSql } from '#ground/audit/record.ts';
import { SERIES } from './print-number.ts';

const NUMBER = new RegExp(`^(${Object.values(SERIES).join('|')})-(\\d{4})-(\\d{6,9})$`);

export type InvoiceNumber = { kind: keyof typeof SERIES; year: number; sequence: number };

/** Reads a printed number such as `INV-2026-000123`; undefined where it is none. */
export function readNumber(printed: string): InvoiceNumber | undefined {
  const [, series, year, sequence] = NUMBER.exec(printed) ?? [];
  const kind = (Object.keys(SERIES) as (keyof typeof SERIES)[]).find((each) => SERIES[each] === series);
  return kind && { kind, year: Number(year), sequence: Number(sequence) };
}

/** A statement after which the next number of a series is above one that was given elsewhere. The gap is on the audit trail; a counter never goes back. */
export const skipNumbersSql = ({ kind, year, sequence }: InvoiceNumber, now: Date): SQL => sql`
  with was as (
    select coalesce((select last from invoice_counters where kind = ${kind} and year = ${year}::int), 0) as last
  ), raised as (
    insert into invoice_counters as c (kind, year, last) values (${kind}, ${year}::int, ${sequence}::int)
    on conflict (kind, year) do update set last = excluded.last where c.last < excluded.last
    returning last
  ) ${recordSql({
    ...{ actor: 'malipo', action: 'invoice_numbers_skipped', subject: sql`${`${kind}:${year}`}::text`, happenedAt: now },
    before: sql`to_jsonb(was.last)`,
    after: sql`to_jsonb(raised.last)`,
    from: sql`was, raised`,
  })}`;

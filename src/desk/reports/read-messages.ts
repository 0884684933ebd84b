import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { readRows } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { CHANNELS } from '#ground/outbox/message.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { byDay, type DaysInput, daysAsked } from './report-days.ts';

const COLUMNS = ['on', 'channel', 'kind', 'messages', 'parts', 'cost'];

const Row = z.object({ day: z.string(), channel: z.enum(CHANNELS), kind: z.string(), messages: z.number(), parts: z.number() });
type Row = z.output<typeof Row>;

/** For each day in Nairobi how many messages went out, by channel and kind, and what they cost at today's prices. Throws `invalid_input`. */
export async function readMessages(
  { db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>,
  { format, ...asked }: z.output<typeof DaysInput>,
) {
  const { from, to } = daysAsked(asked, clock.now());
  const sent = await readRows(
    db,
    Row,
    sql`
    select day::text as day, channel, kind, messages, parts from sent_days where day between ${from}::date and ${to}::date order by day, channel, kind`,
  );
  const { priceCents } = config.reports;
  const days = byDay(sent).map(({ on, rows }) => ({ on, ...sumUp(rows, priceCents) }));
  const lines = days.flatMap(({ on, kinds }) => kinds.map((kind) => ({ on, ...kind })));
  if (format === 'csv') return new Sheet(`messages-${from}-${to}.csv`, COLUMNS, lines);
  const prices = { smsPart: shillings(priceCents.sms), email: shillings(priceCents.email) };
  return { from, to, prices, days, total: sumUp(sent, priceCents) };
}

function sumUp(rows: readonly Row[], priceCents: Record<Row['channel'], bigint>) {
  const cost = (of: readonly Row[]) => shillings(of.reduce((sum, { channel, parts }) => sum + priceCents[channel] * BigInt(parts), 0n));
  const messages = (of: readonly Row[]) => of.reduce((sum, row) => sum + row.messages, 0);
  const kinds = [...Map.groupBy(rows, ({ channel, kind }) => `${channel}:${kind}`).values()];
  return {
    ...{ messages: messages(rows), cost: cost(rows) },
    kinds: kinds.map((of) => ({
      ...{ channel: of[0]?.channel, kind: of[0]?.kind, messages: messages(of) },
      ...{ parts: of.reduce((sum, { parts }) => sum + parts, 0), cost: cost(of) },
    })),
  };
}

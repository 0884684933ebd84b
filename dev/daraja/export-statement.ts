import * as z from 'zod';
import { isMerchants } from './accounts.ts';
import { ControlError, readOrder } from './control-error.ts';
import { nairobiDay, nairobiTimestamp } from './nairobi-time.ts';
import type { Network } from './network.ts';
import { type Cell, portalCells, shortCells } from './statement-layouts.ts';
import { statementOf } from './statement-lines.ts';
import { accountName } from './statement-words.ts';

const DAY_MS = 24 * 3_600_000;
const day = z.iso.date();

const StatementOrder = z.strictObject({
  shortcode: z.union([z.string(), z.number()]).transform(String).optional(),
  account: z.enum(['utility', 'working', 'charges', 'settlement']).default('utility'),
  /** Days in Nairobi, both whole; today without them. */
  from: day.optional(),
  to: day.optional(),
  layout: z.enum(['V1', 'V1a', 'V2']).default('V1'),
});
export type StatementInput = z.input<typeof StatementOrder>;
/** A file as the portal names it. */
export type StatementFile = { name: string; text: string };

/** The statement of one account (V1, V1a), or of a short code (V2, whatever the account), as CSV. */
export function exportStatement(network: Network, order: StatementInput): StatementFile {
  const now = network.clock.now();
  const { account, layout, ...asked } = readOrder(StatementOrder, order);
  const { shortcode = network.merchant.shortcode, from = asked.to ?? nairobiDay(now), to = from } = asked;
  if (!isMerchants(network, shortcode)) throw new ControlError(404, `No merchant has the number ${shortcode}.`, 'See the front page.');
  if (from > to) throw new ControlError(400, `The period begins on ${from} and ends on ${to}.`, 'Give "from" a day no later than "to".');
  const [first, last] = [startOfDay(from), startOfDay(to)];
  const until = new Date(last.getTime() + DAY_MS);
  const linesOf = (kept: typeof account) => statementOf(network, shortcode, kept, first, until);
  if (layout === 'V2') {
    const order = new Map(network.state.entries.map((entry, index) => [entry, index]));
    const lines = [...linesOf('utility').lines, ...linesOf('settlement').lines];
    lines.sort((a, b) => (order.get(a.entry) ?? 0) - (order.get(b.entry) ?? 0));
    return { name: `Statements for ${shortcode} from ${from} to ${to}.csv`, text: csv(shortCells(network, lines), grouped) };
  }
  const frame = { shortcode, account, from: first, to: last, reportedAt: now };
  const title = accountName(network, shortcode, account).replaceAll(' ', '');
  return {
    name: `ORG_${shortcode}_${title}_All_${nairobiTimestamp(now)}.csv`,
    text: csv(portalCells(network, frame, linesOf(account), layout), (amount) => amount.toFixed(2)),
  };
}

const startOfDay = (text: string) => new Date(`${text}T00:00:00+03:00`);

const grouped = (amount: number) => amount.toLocaleString('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Lines that end in CRLF, quotes only where needed. */
function csv(rows: Cell[][], written: (amount: number) => string): string {
  const cell = (value: Cell) => {
    const text = typeof value === 'number' ? written(value) : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

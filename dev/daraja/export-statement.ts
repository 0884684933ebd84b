import * as z from 'zod';
import { isMerchants } from './accounts.ts';
import { ControlError, readOrder } from './control-error.ts';
import { nairobiDay, nairobiTimestamp } from './nairobi-time.ts';
import type { Network } from './network.ts';
import { portalCells, shortCells } from './statement-layouts.ts';
import { statementOf } from './statement-lines.ts';
import { accountName } from './statement-words.ts';
import { type StatementFile, writeStatement } from './write-statement.ts';

const DAY_MS = 24 * 3_600_000;
const day = z.iso.date();

const StatementOrder = z.strictObject({
  shortcode: z.union([z.string(), z.number()]).transform(String).optional(),
  account: z.enum(['utility', 'working', 'charges', 'settlement']).default('utility'),
  /** Days in Nairobi, both included; today by default. */
  from: day.optional(),
  to: day.optional(),
  layout: z.enum(['V1', 'V1a', 'V2']).default('V1'),
  format: z.enum(['csv', 'xls', 'xlsx']).default('csv'),
});
export type StatementInput = z.input<typeof StatementOrder>;

/** The statement of one account (V1, V1a), or of a short code (V2, whatever the account). */
export async function exportStatement(network: Network, order: StatementInput): Promise<StatementFile> {
  const now = network.clock.now();
  const { account, layout, format, ...asked } = readOrder(StatementOrder, order);
  const { shortcode = network.merchant.shortcode, from = asked.to ?? nairobiDay(now), to = from } = asked;
  if (!isMerchants(network, shortcode)) throw new ControlError(404, `No merchant has the number ${shortcode}.`, 'See the front page.');
  if (from > to) throw new ControlError(400, `The period begins on ${from} and ends on ${to}.`, 'Give "from" a day no later than "to".');
  const [first, last] = [startOfDay(from), startOfDay(to)];
  const until = new Date(last.getTime() + DAY_MS);
  if (layout === 'V2') {
    const name = `Statements for ${shortcode} from ${from} to ${to}.${format}`;
    return writeStatement({ name, format, sheet: 'Statements', cells: shortCells(network, shortcode, first, until), thousands: true });
  }
  const frame = { shortcode, account, from: first, to: last, reportedAt: now };
  const cells = portalCells(network, frame, statementOf(network, shortcode, account, first, until), layout);
  const title = accountName(network, shortcode, account).replaceAll(' ', '');
  const name = `ORG_${shortcode}_${title}_All_${nairobiTimestamp(now)}.${format}`;
  return writeStatement({ name, format, sheet: 'transaction', cells, thousands: false });
}

const startOfDay = (text: string) => new Date(`${text}T00:00:00+03:00`);

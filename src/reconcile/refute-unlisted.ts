import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import { receiptPrefix } from '../daraja/receipt-day.ts';
import { instant, readRows } from '../db/rows.ts';
import { refuteAbsent } from '../paybill/refute-absent.ts';
import { addDays, nairobiDay } from '../time/nairobi.ts';

/** Two clocks may be apart by so much: what was told this near to the ends of a statement may stand in the next one. */
const SLACK_MS = 60_000;

const Signed = z.object({ shortcode: z.string(), from: instant, to: instant });

/**
 * Refutes told money that a signed statement should contain and does not, once all its lines are settled: a statement of the account that customers pay into, whole by its
 * own figures, that joins the last signed one or says its opening balance itself. Of money whose receipt is of another day than the statement's it says nothing. Safe to repeat.
 */
export async function refuteUnlisted(app: App, id: string): Promise<void> {
  const [signed] = await readRows(
    app.db,
    Signed.extend({ refutes: z.boolean() }),
    sql`
    update statements s set refutes = s.whole and coalesce(s.account, 'utility') in ('utility', 'merchant') and coalesce(follows_1(s), s.opening_told) and lists_payments_1(s)
    where s.id = ${id}::uuid and s.state = 'signed' and s.done >= s.line_count
    returning s.shortcode, coalesce(s.covers_from, s.uploaded_at) as "from", coalesce(s.covers_to, s.uploaded_at) as "to", s.refutes`,
  );
  if (!signed?.refutes) return;
  const { shortcode } = signed;
  const [from, to] = [new Date(signed.from.getTime() + SLACK_MS), new Date(signed.to.getTime() - SLACK_MS)];
  const unless = sql`
    left(d.receipt, 3) <> all(${sql.param(prefixes(from, to))}::text[]) and d.receipt ~ '^[A-Z][A-L][1-9A-V][A-Z0-9]{7}$'
    or exists (select from statement_lines l join statements o on o.id = l.statement_id
      where l.receipt = d.receipt and l.direction = 'in' and l.kind not in ('top_up', 'internal') and o.shortcode = d.shortcode and o.state in ('signed', 'done'))`;
  await refuteAbsent(app, { shortcode, from, to, unless });
}

/** What receipts of these days begin with, a day more on either side. */
function prefixes(from: Date, to: Date): string[] {
  const last = addDays(nairobiDay(to), 1);
  const days: string[] = [];
  for (let day = addDays(nairobiDay(from), -1); day <= last; day = addDays(day, 1)) days.push(receiptPrefix(day));
  return days;
}

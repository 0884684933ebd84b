import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { audit } from '#ground/audit/audit.schema.ts';
import type { Call, Caller } from '#ground/call.ts';
import { listInput, readPage } from '#ground/db/page.ts';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import { pick } from '#ground/db/pick.ts';
import { decrypted, instantSql } from '#ground/db/rows.ts';
import { addDays, nairobiMoment } from '#ground/time/nairobi.ts';
import { AskedDay } from '#mpesa/payments/history-input.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { personOf, personOfSql } from '../tasks/person-of.ts';
import { wordsOfAction } from './action-words.ts';
import { linkTo } from './links.ts';
import { presentActor, withoutHash } from './present-actor.ts';
import { redactValues } from './redact-values.ts';

/** Filters: what it is about, who did it, what was done, and days in Nairobi, `to` included. Newest first. */
export const ListAuditInput = listInput(
  {
    subject: z.string().trim().min(1).max(200).optional(),
    actor: z.string().trim().min(1).max(100).optional(),
    action: z
      .string()
      .regex(/^[a-z_]{1,60}$/, 'An action is written like payout_approved.')
      .optional(),
    from: AskedDay.optional(),
    to: AskedDay.optional(),
    cursor: Cursor.optional(),
    format: z.enum(['json', 'csv']).default('json'),
  },
  500,
).refine(({ from, to }) => !(from && to) || from <= to, { path: ['from'], message: 'from is not after to.' });
type ListAuditInput = z.output<typeof ListAuditInput>;

const ENTRY = pick(audit, 'a', ['id', 'actor', 'action', 'subject', 'before', 'after', 'requestId', 'happenedAt']);
const Entry = ENTRY.row.extend({ name: decrypted('name').nullable() });

const CSV_COLUMNS = ['auditId', 'at', 'by', 'name', 'action', 'says', 'subject', 'before', 'after', 'requestId'];

/** Who did what, newest first, in pages, or one page as CSV. Each filter has its index. One round trip. */
export async function listAudit({ db }: Pick<App, 'db'>, input: ListAuditInput, { caller }: Pick<Call, 'caller'>) {
  const wanted = sql.join([sql`true`, ...conditions(input, caller)], sql` and `);
  const after = input.cursor ? sql`(a.happened_at, a.id) < (${input.cursor.createdAt}::timestamptz, ${input.cursor.id}::uuid)` : sql`true`;
  const { rows, hasMore, totals } = await readPage(db, Entry, input, {
    list: sql`
      select ${ENTRY.list}, p.name from audit a left join people p on p.id = ${personOfSql(sql`a.actor`)}
      where ${wanted} and ${after} order by a.happened_at desc, a.id desc`,
    all: sql`from audit a where ${wanted}`,
  });
  const last = rows.at(-1);
  const nextCursor = hasMore && last ? printCursor({ createdAt: last.happenedAt, id: last.id }) : null;
  const entries = rows.map((row) => presentEntry(row, caller));
  if (input.format === 'json') return { entries, nextCursor, ...totals };
  const lines = entries.map(({ before, after: then, ...entry }) => ({ ...entry, before: asText(before), after: asText(then) }));
  return new Sheet('audit.csv', CSV_COLUMNS, lines, nextCursor);
}

const asText = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

function presentEntry({ id, actor, name, action, subject, before, after, requestId, happenedAt }: z.output<typeof Entry>, caller: Caller) {
  const { says, about } = wordsOfAction(action);
  return {
    ...{ auditId: id, at: happenedAt.toISOString(), ...presentActor(actor, name, caller), action, says },
    ...{ subject: withoutHash(subject), link: about ? linkTo(about, subject) : null },
    ...{ before: redactValues(before), after: redactValues(after), requestId },
  };
}

/** What Safaricom did, and that payments were paid, is most of the trail: it is found by time alone, and keeps out of the indexes by actor and by action. */
function conditions({ subject, actor, action, from, to }: ListAuditInput, caller: Caller): SQL[] {
  const by = actor === 'me' ? `person:${personOf(caller)}` : actor === 'visitor' ? 'public' : actor;
  const wanted = [
    subject && sql`a.subject = ${subject}`,
    by && (by === 'safaricom' ? sql`a.actor = 'safaricom'` : sql`a.actor = ${by} and a.actor <> 'safaricom'`),
    action && (action === 'payment_paid' ? sql`a.action = 'payment_paid'` : sql`a.action = ${action} and a.action <> 'payment_paid'`),
    from && sql`a.happened_at >= ${instantSql(nairobiMoment(from))}`,
    to && sql`a.happened_at < ${instantSql(nairobiMoment(addDays(to, 1)))}`,
  ];
  return wanted.filter((each) => typeof each === 'object');
}

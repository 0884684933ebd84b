import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { countSql, isCounted, listInput, type PageWanted, skippedBy, takePage } from '#ground/db/page.ts';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import { bigintText, decrypted, inOneBatch, instant } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { redact } from '#ground/log.ts';
import { shillings } from '#ground/money/cents.ts';
import type { Right } from '#people/auth/rights.ts';
import { type Linked, linkTo } from '../audit/links.ts';
import { presentActor } from '../audit/present-actor.ts';
import { redactValues } from '../audit/redact-values.ts';
import { personOfSql } from '../tasks/person-of.ts';
import { BESIDE, TASKS } from './beside.ts';
import { FOR_OWNERS, ORDER, sayEntry } from './kinds.ts';
import type { Source } from './source.ts';
import { gatherSql, idsOfAll, type Things } from './things.ts';

/** Which page of whose timeline, in the order of time. */
export const timelineInput = <Id extends z.ZodType>(id: Id) => listInput({ id, cursor: Cursor.optional() }, 500, 100);

type Page = PageWanted & { cursor?: z.output<typeof Cursor> | undefined };

/** A timeline: `root` selects the id of what it is about if the caller may see it; what `things` it has; and the `sources` that say what happened to them. */
export type Timeline = { root: SQL; things: Things; sources: readonly Source[] };

const Ids = z.record(z.string(), z.string().nullable());

const Entry = z.object({
  key: z.uuid(),
  at: instant,
  kind: z.string(),
  by: z.string().nullable(),
  name: decrypted('name').nullable(),
  ids: Ids,
  cents: bigintText.nullable(),
  facts: z.looseObject({ requestId: z.string().nullish() }),
});

/** A number that orders the entries of one moment, and is unique for each, in the form of an id: what a cursor holds. */
const KEY = sql`overlay(overlay(overlay(md5(e.kind || e.key) placing '8' from 13) placing '8' from 17)
  placing lpad(coalesce(array_position(${sql.param([...ORDER])}::text[], e.kind), 900)::text, 3, '0') from 1)::uuid`;

/**
 * Everything that happened to something, oldest first, in keyset pages. What it costs follows from the history of this one thing: each source finds its rows by index. Who
 * holds `right` is staff, and sees all of it; everybody else sees what is meant for owners, with the ids of their own things alone, and not who did it. Returns nothing where there is no such thing,
 * or the caller may not see it. One round trip.
 */
export async function readTimeline(db: Db, timeline: Timeline, page: Page & { right: Right; caller: Caller }) {
  const isStaff = page.caller.scopes.includes(page.right);
  const [root, ...found] = await inOneBatch(db, [timeline.root, ...entriesSql(timeline, page, isStaff)]);
  if (root?.rows.length === 0) return undefined;
  const { rows, hasMore, totals } = takePage(Entry, page, found);
  const last = rows.at(-1);
  return {
    entries: rows.map((row) => presentEntry(row, page.caller, isStaff)),
    nextCursor: hasMore && last ? printCursor({ createdAt: last.at, id: last.key }) : null,
    ...totals,
  };
}

/** The statement of a page, and where it was asked that of how many there are. */
function entriesSql(
  { things, sources }: Timeline,
  { limit, cursor, caller, ...numbered }: Page & { caller: Caller },
  isStaff: boolean,
): SQL[] {
  const asked = [...sources, ...BESIDE, ...(caller.scopes.includes('tasks:read') && isStaff ? TASKS : [])];
  const selects = asked.flatMap((source) => {
    if (!('of' in source)) return [source.select(things)];
    return things[source.of] ? [source.select] : [];
  });
  const isOwn = sql`each.id = any(${idsOfAll(things)}::text[]) or each.what = 'receipt'`;
  const ids = isStaff
    ? sql`e.ids`
    : sql`(select coalesce(jsonb_object_agg(each.what, each.id), '{}') from jsonb_each_text(e.ids) as each (what, id) where ${isOwn}) as ids`;
  const shown = isStaff ? sql`true` : sql`e.kind = any(${sql.param([...FOR_OWNERS])}::text[])`;
  const after = cursor ? sql`(e.at, ${KEY}) > (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)` : sql`true`;
  const entries = sql`
    with ${gatherSql(things)}, entry as (
      select null::timestamptz as at, null::text as kind, null::text as key, null::text as by, null::jsonb as ids, null::bigint as cents, null::jsonb as facts where false
      union all ${sql.join(selects, sql` union all `)}
    )`;
  const page = sql`${entries}, page as (
      select e.at, e.kind, e.by, ${ids}, e.cents, e.facts, ${KEY} as key from entry e
      where e.at is not null and ${shown} and ${after} order by 1, 7 limit ${limit + 1} offset ${skippedBy({ limit, ...numbered })}
    )
    select e.*, p.name from page e left join people p on p.id = ${personOfSql(sql`e.by`)} order by e.at, e.key`;
  if (!isCounted({ limit, ...numbered })) return [page];
  return [page, sql`${entries} ${countSql(sql`from entry e where e.at is not null and ${shown}`)}`];
}

/** Which link each id leads to. */
const LINKED: Record<string, Linked> = {
  paymentId: 'payment',
  depositId: 'deposit',
  payoutId: 'payout',
  invoiceId: 'invoice',
  loanId: 'loan',
  taskId: 'task',
  inquiryId: 'inquiry',
};

/** What an owner may follow. */
const OWNERS_FOLLOW = ['paymentId', 'invoiceId', 'loanId'];

/** Whoever holds one of these opens the payment's page and its invoice, with name and address: a key that may not read payments gets none. */
const OPEN_PAYMENTS = ['paymentId', 'attemptId', 'invoiceId'];

function presentEntry({ at, kind, by, name, ids, cents, facts }: z.output<typeof Entry>, caller: Caller, isStaff: boolean) {
  const mayOpen = caller.person !== undefined || caller.scopes.includes('payments:read');
  const known = Object.entries(ids).filter(
    (each): each is [string, string] => each[1] !== null && (mayOpen || !OPEN_PAYMENTS.includes(each[0])),
  );
  const links = known.flatMap(([what, id]) => {
    const to = LINKED[what];
    return to && (isStaff || OWNERS_FOLLOW.includes(what)) ? [linkTo(to, id)] : [];
  });
  const { before = null, after = null, requestId = null } = facts;
  return {
    ...{ at: at.toISOString(), kind, says: redact(sayEntry(kind, { at, cents, facts })), amount: cents === null ? null : shillings(cents) },
    ...{ ids: Object.fromEntries(known), links },
    ...(isStaff && {
      ...{ ...(by === null ? { by: null, name: null } : presentActor(by, name, caller)), requestId },
      ...((before !== null || after !== null) && { before: redactValues(before), after: redactValues(after) }),
    }),
  };
}

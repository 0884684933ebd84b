import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { decryptedIfCan, instant, readRows } from '#ground/db/rows.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { parseC2bNotice } from '../daraja/parse-c2b.ts';
import { allocate } from '../payments/allocate.ts';
import { settleC2b } from '../payments/settle-c2b.ts';
import type { App } from '../wiring/app.ts';
import { readConfirmation } from './settle-confirmation.ts';

const PAGE = 100;
const LONGEST_MS = 15_000;
const RECEIPT = /(?<![A-Z0-9])[A-Z0-9]{10}(?![A-Z0-9])/g;

export const RetryNoticesInput = z.strictObject({});

const Kept = z.object({ id: z.uuid(), task: z.uuid(), body: decryptedIfCan('body'), heardAt: instant });
type Kept = z.output<typeof Kept>;

/** Tasks to close, by outcome, and receipts to ask Safaricom about. */
type Found = { settled: string[]; booked: string[]; asked: string[] };

/**
 * Reads quarantined notices again (unreadable, or of a short code that was not ours), oldest first, for some seconds. Those readable now
 * are settled, and those whose receipt has been booked by another source are done; Safaricom is asked once about each other receipt. `more`
 * says whether some were not reached. Safe to repeat.
 */
export async function retryNotices(app: App, _input: object, { caller }: Call) {
  const until = Date.now() + LONGEST_MS;
  const done = { read: 0, settled: 0, booked: 0, asked: 0, more: false };
  for (let after: string | undefined, page = await readKept(app, after); page.length > 0; page = await readKept(app, after)) {
    const found = await readAgain(app, page);
    await closeTasks(app, found, caller.id);
    done.read += page.length;
    done.settled += found.settled.length;
    done.booked += found.booked.length;
    done.asked += await promiseToAsk(app, found.asked);
    after = page.at(-1)?.task;
    if (Date.now() < until) continue;
    done.more = (await readKept(app, after)).length > 0;
    break;
  }
  return done;
}

/**
 * Reads one quarantined notice again, by its row in `evidence`: settled, booked by another source, asked about, or unread as before. Who
 * calls closes its task.
 */
export async function readNoticeAgain(app: App, id: string): Promise<'settled' | 'booked' | 'asked' | 'unread'> {
  const found = await readAgain(app, await readQuarantined(app, sql`e.id = ${id}::uuid`));
  if (found.settled.length > 0) return 'settled';
  if (found.booked.length > 0) return 'booked';
  return (await promiseToAsk(app, found.asked)) > 0 ? 'asked' : 'unread';
}

const readKept = (app: App, after: string | undefined): Promise<Kept[]> =>
  readQuarantined(app, sql`(${after ?? null}::uuid is null or r.id > ${after ?? null}::uuid)`);

const readQuarantined = ({ db }: App, which: SQL): Promise<Kept[]> =>
  readRows(
    db,
    Kept,
    sql`
    select e.id, r.id as task, e.body, e.received_at as heard_at from reviews r join evidence e on e.id = case when r.subject ~ '^[0-9a-f-]{36}$' then r.subject::uuid end
    where r.kind = 'c2b_notice_quarantined' and r.closed_at is null and ${which}
    order by r.id limit ${PAGE}`,
  );

async function readAgain(app: App, page: Kept[]): Promise<Found> {
  const now = app.clock.now();
  const found: Found = { settled: [], booked: [], asked: [] };
  const unread: { id: string; receipts: string[] }[] = [];
  for (const { id, body, heardAt } of page) {
    if (body === null) continue; // its key is missing: it waits for the key
    const notice = parseC2bNotice(body);
    const told = readConfirmation(app, notice, body, heardAt);
    if (typeof told === 'string') {
      const receipts = notice.transactionId ? [notice.transactionId] : (body.match(RECEIPT) ?? []);
      unread.push({ id, receipts: receipts.slice(0, 5) });
      if (told === 'unreadable' && notice.transactionId) found.asked.push(notice.transactionId);
      continue;
    }
    const { depositId } = await settleC2b({ db: app.db, now, waitForProof: app.config.paybill.waitForProof }, told);
    if (depositId) await allocate(app, depositId);
    found.settled.push(id);
  }
  const proved = await findProved(
    app,
    unread.flatMap(({ receipts }) => receipts),
  );
  found.booked = unread.filter(({ receipts }) => receipts.some((receipt) => proved.has(receipt))).map(({ id }) => id);
  found.asked = found.asked.filter((receipt) => !proved.has(receipt));
  return found;
}

async function findProved({ db }: App, receipts: string[]): Promise<Set<string>> {
  const statement = sql`select receipt from deposits where receipt = any(${sql.param(receipts)}::text[]) and receipt_proved_at is not null`;
  return new Set((await readRows(db, z.object({ receipt: z.string() }), statement)).map(({ receipt }) => receipt));
}

async function closeTasks({ db, clock }: App, { settled, booked }: Found, closedBy: string): Promise<void> {
  const note = sql`case when subject = any(${sql.param(settled)}::text[]) then 'Read again.' else 'Its receipt is booked.' end`;
  const subjects = [...settled, ...booked];
  await db.execute(closeTasksSql({ kinds: ['c2b_notice_quarantined'], subjects, closedAt: clock.now(), closedBy, note }));
}

async function promiseToAsk({ db, clock, config }: App, named: string[]): Promise<number> {
  const receipts = [...new Set(named)];
  if (!config.initiator || receipts.length === 0) return 0;
  await db.execute(
    enqueueSql({
      key: sql`'ask-receipt:' || receipt`,
      message: { kind: 'ask_receipt', receipt: sql`receipt` },
      dueAt: clock.now(),
      from: sql`unnest(${sql.param(receipts)}::text[]) receipt`,
    }),
  );
  return receipts.length;
}

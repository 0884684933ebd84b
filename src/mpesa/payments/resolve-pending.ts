import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypted, instantSql, readRows } from '#ground/db/rows.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';
import type { App } from '../wiring/app.ts';
import { askSafaricom } from './ask-safaricom.ts';
import { closeSolvedSql, solvedDueSql } from './close-solved.ts';
import { expiredSql } from './end-payments.ts';
import { claimQueriesSql, IS_OPEN, MAY_BE_ASKED } from './query-ladder.ts';

const BATCH = 40;
const AT_ONCE = 8;
const HANDED_OVER = 1000;

const Claimed = z.object({ id: z.uuid(), checkoutRequestId: decrypted('checkout_request_id') });

/**
 * Resolves prompts without a result: marks those past their time, asks Safaricom by the query ladder, expires what stays silent for 20
 * minutes, opens a task after 24 hours, and closes it once the money is there. Safe at any frequency and in parallel.
 */
export async function resolvePending(app: App, deadline: Date): Promise<{ asked: number }> {
  await closeLapsed(app);
  let asked = 0;
  while (app.clock.now() < deadline) {
    const now = app.clock.now();
    const due = sql`select a.id from attempts a where a.query_due_at <= ${instantSql(now)} and ${MAY_BE_ASKED}
      order by a.query_due_at limit ${BATCH} for update skip locked`;
    const claimed = await readRows(app.db, Claimed, claimQueriesSql(due, now));
    asked += claimed.length;
    const queue = [...claimed];
    const work = async () => {
      for (let attempt = queue.shift(); attempt && app.clock.now() < deadline; attempt = queue.shift()) {
        await askSafaricom(app, attempt).catch((error) => app.log.error('stk_query_failed', error, { attemptId: attempt?.id }));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (claimed.length < BATCH) break;
  }
  await expireSilent(app);
  await openTasks(app);
  await app.db.execute(closeSolvedSql(app.clock.now()));
  return { asked };
}

/** A prompt that can no longer be answered and has no result is `unknown`, and so is its payment: never `failed`. */
async function closeLapsed({ db, clock }: App): Promise<void> {
  await moveUp(db, clock.now(), {
    to: 'unknown',
    due: sql`a.state in ('requested', 'pending') and a.live_until <= ${instantSql(clock.now())}`,
  });
}

/** No result for 20 minutes: expired. A late success is still honoured, and the ladder goes on. */
async function expireSilent({ db, clock }: App): Promise<void> {
  await moveUp(db, clock.now(), {
    to: 'expired',
    due: sql`a.state = 'unknown' and a.created_at <= ${instantSql(clock.now())} - interval '20 minutes'`,
  });
}

async function moveUp(db: App['db'], now: Date, { to, due }: { to: 'unknown' | 'expired'; due: SQL }): Promise<void> {
  await db.execute(sql`
  with payment as materialized ( -- always payment, then attempt
    select p.id, p.state as before from payments p where p.id = any(array(select a.payment_id from attempts a where ${due} limit 1000)) order by p.id for update skip locked
  ), moved as (
    update attempts a set state = ${to}, live = false from payment p where a.payment_id = p.id and ${due} returning a.id, a.payment_id, p.before
  ), ended as (
    update payments p set state = ${to} from moved m where p.id = m.payment_id and p.latest_attempt_id = m.id and p.state in ('pending', 'unknown')
    returning p.id, p.state, m.before
  ), audited as (${expiredSql(sql`ended where state = 'expired'`, now)})
  select`);
}

/**
 * A prompt without a result after a day, and money without a receipt after two, becomes a task, once: a person looks it up on the M-PESA
 * statement.
 */
async function openTasks({ db, clock }: App): Promise<void> {
  const at = instantSql(clock.now());
  await db.execute(sql`
  with ended as (
    update attempts set query_due_at = null where id = any(array(
      select a.id from attempts a where a.query_due_at <= ${at} and a.created_at <= ${at} - interval '24 hours' and a.state in ('unknown', 'expired') and not (${MAY_BE_ASKED})
      order by a.query_due_at limit ${HANDED_OVER} for update skip locked))
    returning id
  ), nameless as (
    update deposits set confirmation_due_at = 'infinity' where id = any(array(
      select d.id from deposits d where d.receipt is null and d.merged_into is null and d.confirmation_due_at is null and d.settled_at <= ${at} - interval '48 hours'
      order by d.settled_at limit ${HANDED_OVER} for update skip locked))
    returning id, refuted_at
  ), found as (
    select 'attempt_unresolved' as kind, id from ended union all select 'receipt_missing', id from nameless where refuted_at is null
  ), ${openTasksSql({
    kind: sql`f.kind`,
    subject: sql`f.id::text`,
    openedAt: clock.now(),
    from: sql`found f where not exists (select from reviews r where r.kind = f.kind and r.subject = f.id::text)`,
  })}
  select`);
}

/** When something is next due about prompts without a result, as a value in a statement. */
export const pendingDueSql = (_app: unknown, at: SQL): SQL => sql`(select least(${solvedDueSql(at)},
  (select min(case when ${MAY_BE_ASKED} then a.query_due_at when a.state in ('unknown', 'expired') then greatest(a.query_due_at, a.created_at + interval '24 hours') end)
    from attempts a where a.query_due_at is not null and ${IS_OPEN}),
  (select min(case a.state when 'unknown' then a.created_at + interval '20 minutes' else a.live_until end) from attempts a where a.state in ('requested', 'pending', 'unknown')),
  (select min(d.settled_at) + interval '48 hours' from deposits d where d.receipt is null and d.merged_into is null and d.confirmation_due_at is null)))`;

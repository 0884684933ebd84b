import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { daysBefore, deleteInChunks } from '../../db/delete-in-chunks.ts';
import { IS_DETACHED } from '../../db/detached.ts';
import { instantSql, readRows } from '../../db/rows.ts';
import type { Ground } from '../../ground.ts';
import { reasonOf } from '../../log.ts';
import { openTasksSql } from '../../tasks/open-tasks.ts';
import { Message } from '../message.ts';
import { ProviderFailure, Refusal } from '../refusal.ts';
import { Lanes, laneOf, wordsOf } from './lanes.ts';
import { createMarker, type Outcome } from './marker.ts';

const BATCH = 100;
const AT_ONCE = 8;
const MOST_TRIES = 8;
const LEASE_MINUTES = 2;

/** `message` is parsed when its turn comes: one that another release promised, and this one does not know, fails alone. */
const Claimed = z.object({ id: z.uuid(), message: z.looseObject({ kind: z.string() }), tries: z.number() });
type Claimed = z.output<typeof Claimed>;

/**
 * Delivers one kind of message. Returns undefined when it is delivered, or the moment until which to postpone it. Throws when it could not
 * be delivered.
 */
export type Deliver<Kind extends Message['kind'], App = Ground> = (
  app: App,
  message: Extract<Message, { kind: Kind }>,
) => Promise<Date | undefined>;

/** A delivery for every kind of message; each also gets the message's id. */
export type Deliverers<App> = {
  [Kind in Message['kind']]: (...about: [...Parameters<Deliver<Kind, App>>, id: string]) => ReturnType<Deliver<Kind>>;
};

/**
 * Delivers promised messages: claims a hundred, delivers them, marks them. That is two statements per hundred, more only where delivering takes long, and no lock is held
 * while a provider is slow. What waits for a provider that is down or slow keeps no other message waiting (lanes.ts). At least once: after a crash between delivering and
 * marking (marker.ts) the message is delivered again when its lease ends. Failures back off with jitter and become a dead letter after 8 tries. A final refusal ends the
 * tries at once: a refused message becomes a dead letter, and a refused address has a task already, opened when it was marked. A copy that nobody has claimed delivers nothing.
 */
export async function drainOutbox<App extends Ground>(
  app: App,
  deliverers: Deliverers<App>,
  deadline: Date,
): Promise<Record<Outcome['state'], number>> {
  const done = { sent: 0, postponed: 0, failed: 0, refused: 0, dead: 0 };
  const lanes = new Lanes();
  while (app.clock.now() < deadline) {
    const claimed = await claimDue(app, lanes.waiting().flatMap(wordsOf));
    const marker = createMarker((outcomes) => mark(app, outcomes));
    const end = (outcome: Outcome) => {
      done[outcome.state] += 1;
      marker.add(outcome);
    };
    await deliverAll(app, deliverers, claimed, { lanes, deadline, end });
    await marker.rest();
    if (claimed.length < BATCH && !lanes.turnToSlow()) break;
  }
  return done;
}

const claimDue = ({ db, clock }: Ground, waiting: string[]) => {
  const at = instantSql(clock.now());
  const goes =
    waiting.length > 0 ? sql`coalesce(message ->> 'channel', message ->> 'kind') <> all(${sql.param(waiting)}::text[])` : sql`true`;
  return readRows(
    db,
    Claimed,
    sql`
    update outbox set tries = tries + 1, due_at = ${at} + ${LEASE_MINUTES}::int * interval '1 minute'
    where id = any(array(
      select id from outbox where sent_at is null and dead_at is null and due_at <= ${at} and not ${IS_DETACHED} and ${goes}
      order by urgency, due_at limit ${BATCH} for update skip locked))
    returning id, message, tries`,
  );
};

type Run = { lanes: Lanes; deadline: Date; end: (outcome: Outcome) => void };

/** Delivers each lane by itself, eight messages of it at a time: what waits for one provider keeps nobody else waiting. */
async function deliverAll<App extends Ground>(app: App, deliverers: Deliverers<App>, claimed: Claimed[], run: Run): Promise<void> {
  const queues = Map.groupBy(claimed, ({ message }) => laneOf(message));
  await Promise.all(
    [...queues].flatMap(([lane, queue]) => Array.from({ length: AT_ONCE }, () => deliverLane(app, deliverers, { lane, queue, ...run }))),
  );
}

async function deliverLane<App extends Ground>(
  app: App,
  deliverers: Deliverers<App>,
  { lane, queue, lanes, deadline, end }: Run & { lane: string; queue: Claimed[] },
): Promise<void> {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const now = app.clock.now();
    if (now >= deadline || lanes.waits(lane)) {
      end({ id: next.id, state: 'postponed', dueAt: now, error: null }); // left for the next run
      continue;
    }
    const began = performance.now();
    const { isProviders, ...outcome } = await deliverOne(app, deliverers, next);
    lanes.note(lane, isProviders, performance.now() - began);
    end(outcome);
  }
}

/** `isProviders`: it failed because of the provider, so others of its lane would too. */
async function deliverOne<App extends Ground>(
  app: App,
  deliverers: Deliverers<App>,
  claimed: Claimed,
): Promise<Outcome & { isProviders: boolean }> {
  const { id, tries } = claimed;
  const now = app.clock.now();
  try {
    const message = Message.parse(claimed.message);
    const deliver = deliverers[message.kind] as (app: App, message: Message, id: string) => Promise<Date | undefined>;
    const later = await deliver(app, message, id);
    return { id, state: later ? 'postponed' : 'sent', dueAt: later ?? now, error: null, isProviders: false };
  } catch (error) {
    app.log.error('message_not_delivered', error, { outboxId: id, kind: claimed.message.kind, tries });
    const dueAt = new Date(now.getTime() + backOffMs(tries));
    return { id, state: failureState(error, tries), dueAt, error: reasonOf(error), isProviders: error instanceof ProviderFailure };
  }
}

function failureState(error: unknown, tries: number): Outcome['state'] {
  if (error instanceof Refusal) return error.about === 'address' ? 'refused' : 'dead';
  return tries >= MOST_TRIES ? 'dead' : 'failed';
}

/** 1, 2, 4 ... 64 minutes, up to a quarter more, so that a provider that comes back is not met by everything at once. */
const backOffMs = (tries: number): number => 60_000 * 2 ** (tries - 1) * (1 + Math.random() / 4);

async function mark({ db, clock }: Ground, outcomes: Outcome[]): Promise<void> {
  const at = instantSql(clock.now());
  const column = (pick: (outcome: Outcome) => string | null) => sql.param(outcomes.map(pick));
  await db.execute(sql`
  with outcome as (
    select * from unnest(${column((o) => o.id)}::uuid[], ${column((o) => o.state)}::text[], ${column((o) => o.dueAt.toISOString())}::timestamptz[],
      ${column((o) => o.error)}::text[]) as o(id, state, due_at, error)
  ), marked as (
    update outbox set due_at = o.due_at, last_error = o.error, tries = case when o.state = 'postponed' then tries - 1 else tries end,
      sent_at = case when o.state = 'sent' then ${at} end, dead_at = case when o.state in ('refused', 'dead') then ${at} end
    from outcome o where outbox.id = o.id and outbox.sent_at is null
    returning outbox.id, o.state, outbox.message
  ), ${openTasksSql({
    kind: 'dead_letter',
    subject: sql`id::text`,
    openedAt: clock.now(),
    from: sql`marked where state = 'dead' and message ->> 'kind' !~ '^alert'`,
  })}
  select id from marked`);
}

/** Deletes messages that were sent more than RETAIN_MESSAGES_DAYS days ago, unless an open task is about them. Unsent messages and dead letters stay. */
export function purgeSent(app: Pick<Ground, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> {
  const before = daysBefore(app.clock.now(), app.config.retain.messagesDays);
  return deleteInChunks(
    app,
    deadline,
    { kind: 'messages', before },
    (most) => sql`
    delete from outbox where id = any(array(
      select o.id from outbox o where o.sent_at < ${instantSql(before)} and o.dead_at is null
        and not exists (select from reviews r where r.subject = o.id::text and r.closed_at is null)
      order by o.sent_at limit ${most}))`,
  );
}

/** When the next message is due, as a value in a statement. */
export const messagesDueSql = (): SQL => sql`(select min(due_at) from outbox where sent_at is null and dead_at is null)`;

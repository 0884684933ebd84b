import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { transferSql } from '#books/ledger/transfer.ts';
import { violatedConstraint } from '#ground/db/errors.ts';
import { enqueueAgain, enqueueSql } from '#ground/outbox/enqueue.ts';
import { closeTasksSql, rewordTask } from '#ground/tasks/close-tasks.ts';
import { openTask, openTasksSql } from '#ground/tasks/open-tasks.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const rowsOf = (ids: string[]) => sql`unnest(${sql.param(ids)}::uuid[]) as t(id)`;
const ids = (n: number) => Array.from({ length: n }, () => crypto.randomUUID());
const promisedOf = (prefix: string) =>
  world.database.sql<{ dedupe_key: string; message: unknown; urgency: number; sent: boolean }>(
    'select dedupe_key, message, urgency, sent_at is not null as sent from outbox where starts_with(dedupe_key, $1) order by dedupe_key',
    [prefix],
  );
const tasksOf = (subjects: string[]) =>
  world.database.sql<{ subject: string; words: string | null; closed_by: string | null; note: string | null }>(
    'select subject, words, closed_by, note from reviews where subject = any($1) order by subject',
    [subjects],
  );

test('a message is promised once by itself and once for each row of a set, and can be promised again when it was sent', async () => {
  const { db, clock } = world.app;
  const [one, ...set] = ids(4).sort() as [string, ...string[]];
  const alone = enqueueSql({ key: `one:${one}`, message: { kind: 'refund_paid', payoutId: one }, dueAt: clock.now() });
  for (let times = 0; times < 2; times++) await db.execute(alone);
  expect(await promisedOf('one:')).toEqual([
    { dedupe_key: `one:${one}`, message: { kind: 'refund_paid', payoutId: one }, urgency: 0, sent: false },
  ]);
  const message = { kind: 'ask_receipt', receipt: sql`t.id::text` } as const;
  const promised = enqueueSql({ key: sql`'set:' || t.id`, message, urgency: 1, dueAt: clock.now(), from: rowsOf(set) });
  const { rows } = await db.execute(sql`with promised as (${promised} returning id) select id from promised`);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(3);
  expect(await promisedOf('set:')).toEqual(
    set.map((id) => ({ dedupe_key: `set:${id}`, message: { kind: 'ask_receipt', receipt: id }, urgency: 1, sent: false })),
  );

  await world.database.sql(
    "update outbox set sent_at = now(), dead_at = case when dedupe_key = $1 then now() end where dedupe_key like 'set:%'",
    [`set:${set[0]}`],
  );
  for (const id of set) await enqueueAgain(db, `set:${id}`, clock.now());
  expect((await promisedOf('set:')).map(({ sent }) => sent)).toEqual([true, false, false]);
});

test('tasks are opened as a set, each with its alert, say other words and are closed as a set', async () => {
  const { db, clock } = world.app;
  const openedAt = clock.now();
  const subjects = ids(3).sort();
  const [first = '', second = '', third = ''] = subjects;
  const alertsOf = () =>
    world.database.sql<{ subject: string; words: string | null }>(
      `select r.subject, o.message ->> 'words' as words from outbox o join reviews r on o.dedupe_key = 'alert:' || r.id where r.subject = any($1) order by 1`,
      [subjects],
    );
  await openTask(db, { kind: 'job_failed', subject: first, openedAt, words: 'Look at it.' });
  const all = openTasksSql({ kind: sql`'job_failed'`, subject: sql`t.id::text`, openedAt, from: rowsOf(subjects) });
  await db.execute(sql`with ${all} select`);
  expect(await alertsOf()).toEqual([
    { subject: first, words: 'Look at it.' },
    { subject: second, words: null },
    { subject: third, words: null },
  ]);
  await rewordTask(db, { kind: 'job_failed', subject: second, words: 'Look again.' });
  const close = { kinds: ['job_failed', 'low_float'], closedAt: openedAt } as const;
  await db.execute(
    closeTasksSql({ ...close, subjects: [second, third], closedBy: 'person:1', note: 'Seen.', when: sql`words is not null` }),
  );
  await db.execute(closeTasksSql({ ...close, kinds: ['low_float'], subjects, note: 'Of another kind.' }));
  await db.execute(closeTasksSql({ ...close, subjects: sql`select ${third}::text`, note: sql`'It was ' || kind` }));
  expect(await tasksOf(subjects)).toEqual([
    { subject: first, words: 'Look at it.', closed_by: null, note: null },
    { subject: second, words: 'Look again.', closed_by: 'person:1', note: 'Seen.' },
    { subject: third, words: null, closed_by: 'malipo', note: 'It was job_failed' },
  ]);
});

test('a set of movements is booked once: a second time is an error', async () => {
  const { db, clock } = world.app;
  const sources = ids(2).sort();
  const booked = transferSql({
    kind: 'top_up',
    sourceId: sql`t.id`,
    debit: ACCOUNTS.bankClearing,
    credit: sql`'bank'`,
    amountCents: sql`100`,
    bookedAt: clock.now(),
    from: rowsOf(sources),
  });
  await db.execute(booked);
  const again = await db.execute(booked).catch(violatedConstraint);
  expect(again).toBe('transfers_once');
  expect(
    await world.database.sql(
      'select source_id, leg, debit_account, credit_account, amount_cents::int from transfers where source_id = any($1) order by 1',
      [sources],
    ),
  ).toEqual(sources.map((source_id) => ({ source_id, leg: 1, debit_account: 'bank_clearing', credit_account: 'bank', amount_cents: 100 })));
});

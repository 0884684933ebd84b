import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { noteFailure } from '#ground/failures/note-failure.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import type { TaskKind } from '#ground/tasks/task-kinds.ts';
import { push } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Listener, startListener } from './listener.ts';

let world: World;
let slack: Listener;
beforeAll(async () => {
  slack = await startListener();
  world = await startWorld({
    environment: {
      ...{ ALERT_WEBHOOK_URL: `${slack.url}/hook`, ALERT_EMAILS: 'ops@example.com', ALERT_TOLD_SHILLINGS: '1000' },
      ...{ ALERT_FAILURE_PERCENT: '50', MPESA_INITIATOR_PASSWORD_SET_ON: '2026-08-01' },
    },
  });
});
afterAll(async () => {
  await world.stop();
  slack.stop();
});
beforeEach(async () => {
  await world.database.sql("update reviews set closed_at = $1, closed_by = 'person:x' where closed_at is null", [world.clock.now()]);
  await world.clock.advance(26 * 3_600_000);
  slack.heard.length = 0;
  await world.inbox.clear();
});

const ago = (minutes: number) => new Date(world.clock.now().getTime() - minutes * 60_000);

/** What opens the task where it happens; that it does so is tested there. */
const opens = (kind: TaskKind, subject: string) => () => openTask(world.app.db, { kind, subject, openedAt: world.clock.now() });

const failedPrompt = async () => {
  const [payment, attempt] = [newId(), newId()];
  await world.database.sql(
    `insert into payments (id, reference, purpose, caller, lines, language, phone, phone_hash, owed_cents, amount_cents, state, status, latest_attempt_id, created_at)
     values ($1, $2, 'order', 'public', '[]', 'en', 'x', $2, 100, 100, 'failed', 'failed', $3, $4)`,
    [payment, payment.slice(-12), attempt, ago(10)],
  );
  await world.database.sql(
    `insert into attempts (id, payment_id, phone_hash, phone_tail, amount_cents, state, live, live_until, created_at)
     values ($1, $2, 'x', '1', 100, 'failed', false, $3, $3)`,
    [attempt, payment, ago(10)],
  );
};
const times = async (n: number, what: () => Promise<unknown>) => {
  for (let done = 0; done < n; done++) await what();
};

/** Each alert, the task that it is, and what causes it. */
const ALERTS: [alert: string, kind: TaskKind, cause: () => Promise<unknown>][] = [
  ['a failed job', 'job_failed', opens('job_failed', 'a step of a night')],
  [
    'growing dead letters',
    'dead_letters_growing',
    () =>
      times(10, () =>
        world.database.sql(
          `insert into outbox (id, dedupe_key, message, due_at, dead_at, last_error) values ($1::uuid, $1::uuid::text, '{"kind": "alert"}', $2, $2, 'refused')`,
          [newId(), world.clock.now()],
        ),
      ),
  ],
  ['suspense', 'unidentified_deposit', opens('unidentified_deposit', newId())],
  [
    'told money',
    'told_money_waits',
    () =>
      world.database.sql(
        `insert into deposits (id, source, amount_cents, receipt, shortcode, moved_at, settled_at, allocated_at) values ($1, 'c2b', 900000, $2, '600777', $3, $3, $3)`,
        [newId(), newId().slice(-12).toUpperCase(), ago(20 * 24 * 60)],
      ),
  ],
  ['low float', 'low_float', opens('low_float', 'b2c')],
  ['a locked initiator', 'payouts_stopped', opens('payouts_stopped', 'initiator_locked')],
  ["the initiator's password near its 90 days", 'initiator_password_due', async () => undefined],
  ['a failed payout', 'payout_rejected', opens('payout_rejected', newId())],
  ['a failure rate above its threshold', 'prompts_failing', () => times(31, failedPrompt)],
  [
    'callback drought',
    'callbacks_missing',
    async () => {
      world.simulator.control.plan({ next: 6, outcome: 'paid', lost: true });
      await times(6, () => push(world));
      await world.clock.advance(4 * 60_000);
    },
  ],
  [
    'a burst of forged callbacks',
    'callbacks_forged',
    () => times(25, () => world.send('POST', '/api/callbacks/stk/nonsense', { body: {} })),
  ],
  [
    '500s',
    'request_failed',
    () => times(25, () => noteFailure(world.app, { kind: 'request', what: 'GET /api/payments', error: new Error('It broke.') })),
  ],
  ['a webhook endpoint disabled', 'webhook_disabled', opens('webhook_disabled', newId())],
  ['a balance difference', 'balance_unexplained', opens('balance_unexplained', '600000')],
];

test('there are fourteen', () => {
  expect(new Set(ALERTS.map(([, kind]) => kind)).size).toBe(14);
});

test.each(ALERTS)('%s is told once, with a link to its task, however long and often it goes on', async (_, kind, cause) => {
  await cause();
  await world.pass(3);
  if (!['dead_letters_growing', 'callbacks_missing', 'prompts_failing', 'told_money_waits'].includes(kind)) await cause(); // again, while it goes on
  await world.pass(6);
  const [task, ...more] = await world.database.sql<{ id: string }>('select id from reviews where kind = $1 and opened_at > $2', [
    kind,
    ago(20),
  ]);
  expect(more).toEqual([]);
  const posts = slack.heard.map(({ body }) => JSON.parse(body) as { text: string; kind?: string }).filter((each) => each.kind === kind);
  expect(posts).toHaveLength(1);
  const link = `${world.siteUrl}/api/tasks/${task?.id}`;
  expect(posts[0]?.text).toContain(link);
  const mails = world.inbox.messages().filter(({ text }) => String(text).includes(link));
  expect(mails).toHaveLength(1);
});

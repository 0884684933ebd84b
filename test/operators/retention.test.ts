import { afterAll, beforeAll, expect, test } from 'vitest';
import { purgeLimits } from '#ground/limits/purge-limits.ts';
import { purgeSent } from '#ground/outbox/delivery/drain.ts';
import { purgeInquiries } from '#mpesa/inquiries/purge-inquiries.ts';
import { purgeUploads } from '#mpesa/reconcile/purge-uploads.ts';
import { purgeSignIns } from '#people/people/sign-in-codes.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({
    environment: {
      RETAIN_MESSAGES_DAYS: '30',
      RETAIN_INQUIRIES_DAYS: '60',
      RETAIN_SIGN_INS_DAYS: '10',
      RETAIN_LIMITS_DAYS: '3',
      RETAIN_UPLOADS_DAYS: '5',
      RETAIN_REFUSED_STATEMENTS_DAYS: '20',
    },
  });
});
afterAll(() => world.stop());

const sql = (text: string, params: unknown[] = []) => world.database.sql<Record<string, unknown>>(text, params);
const soon = () => new Date(world.clock.now().getTime() + 60_000);
const daysAgo = (days: number) => new Date(world.clock.now().getTime() - days * 86_400_000);
const names = async (text: string) => (await sql(text)).map(({ name }) => name);

test('messages go when they were sent long enough ago, by thousands; what was not sent, a dead letter and what a task is about stay', async () => {
  const put = (key: string, sentAt: Date | null, deadAt: Date | null = null) =>
    sql(
      `insert into outbox (id, dedupe_key, message, due_at, sent_at, dead_at) values (gen_random_uuid(), $1, '{"kind": "alert"}', $2, $3, $4) returning id`,
      [...[key, daysAgo(400), sentAt, deadAt]],
    );
  await put('old', daysAgo(31));
  await put('young', daysAgo(29));
  await put('unsent', null);
  await put('dead', null, daysAgo(300));
  const [asked] = await put('asked', daysAgo(300));
  await sql("insert into reviews (id, kind, subject, opened_at) values (gen_random_uuid(), 'dead_letter', $1, now())", [asked?.id]);
  await sql(
    `insert into outbox (id, dedupe_key, message, due_at, sent_at) select gen_random_uuid(), 'many' || n, '{"kind": "alert"}', $1, $1 from generate_series(1, 2500) n`,
    [daysAgo(40)],
  );
  expect(await purgeSent(world.app, world.clock.now())).toBe(0); // no time left: it goes on in the next run
  expect(await purgeSent(world.app, soon())).toBe(2_501);
  expect(await names('select dedupe_key as name from outbox order by 1')).toEqual(['asked', 'dead', 'unsent', 'young']);
  await sql('update reviews set closed_at = now()');
  expect(await purgeSent(world.app, soon())).toBe(1);
});

test('questions go with their balances; an open one, one that a task is about, and the newest balance of each account of each short code stay', async () => {
  let n = 0;
  const ask = async (name: string, days: number, { state = 'answered', shortcode = '174379', account = '' } = {}) => {
    n += 1;
    const [row] = await sql(
      `insert into inquiries (id, kind, state, asked_by, asked_at, shortcode, says) values ($1::uuid, 'account-balance', $2, $3, $4, $5, 'done') returning id`,
      [`01900000-0000-7000-8000-00000000000${n}`, state, name, daysAgo(days), shortcode],
    );
    if (account) {
      await sql(
        `insert into float_balances (id, inquiry_id, account, currency, current_cents, available_cents, told_at) values (gen_random_uuid(), $1, $2, 'KES', 1, 1, $3)`,
        [row?.id, account, daysAgo(days)],
      );
    }
    return row?.id;
  };
  await ask('old', 90, { account: 'Working Account' });
  await ask('newest of its code', 85, { account: 'Working Account', shortcode: '600001' });
  await ask('newest of its account', 80, { account: 'Utility Account' });
  await ask('open', 90, { state: 'asked' });
  const tasked = await ask('tasked', 90);
  await ask('refused', 70, { state: 'refused' });
  await ask('young', 59, { account: 'Working Account' });
  await sql("insert into reviews (id, kind, subject, opened_at) values (gen_random_uuid(), 'balance_unknown', $1, now())", [tasked]);
  expect(await purgeInquiries(world.app, soon())).toBe(2);
  expect(await names('select asked_by as name from inquiries order by 1')).toEqual([
    'newest of its account',
    'newest of its code',
    'open',
    'tasked',
    'young',
  ]);
  expect(await sql('select count(*)::int as n from float_balances')).toEqual([{ n: 3 }]);
});

test('counters of past days and old times go; those that a limit looks at stay', async () => {
  const day = (days: number) => new Date(daysAgo(days).getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
  for (const days of [0, 2, 3, 4, 40]) await sql('insert into counters (key, count) values ($1, 1)', [`prompts:${day(days)}`]);
  await sql(
    "insert into recent_times (key, times) values ('idle', array[$1::timestamptz]), ('busy', array[$1::timestamptz, $2::timestamptz])",
    [...[daysAgo(3), daysAgo(0.5)]],
  );
  expect(await purgeLimits(world.app, soon())).toBe(3);
  expect(await names('select key as name from counters order by 1')).toEqual([day(3), day(2), day(0)].map((on) => `prompts:${on}`));
  expect(await names('select key as name from recent_times')).toEqual(['busy']);
});

test('codes go when they have ended; from where a phone signed in is known for some days', async () => {
  const code = (network: string, signedInAt: Date | null, expiresAt = daysAgo(1)) =>
    sql(
      `insert into codes_sent (phone_hash, network_hash, id, code_hash, channel, expires_at, signed_in_at) values ('p', $1, gen_random_uuid(), 'c', 'sms', $2, $3)`,
      [network, expiresAt, signedInAt],
    );
  await code('ended', null);
  await code('running', null, soon());
  await code('known', daysAgo(9));
  await code('forgotten', daysAgo(11));
  expect(await purgeSignIns(world.app, soon())).toBe(2);
  expect(await names('select network_hash as name from codes_sent order by 1')).toEqual(['known', 'running']);
});

test('what was never uploaded whole is discarded, and what was refused or discarded loses its file and lines; what may be booked keeps them', async () => {
  const put = async (name: string, state: string, days: number) => {
    const [row] = await sql(
      `insert into statements (id, state, file_name, parts, uploaded_by, uploaded_at, decided_by) values (gen_random_uuid(), $1, $2, 30, 'key:a', $3, 'person:b') returning id`,
      [state, name, daysAgo(days)],
    );
    await sql(
      "insert into statement_parts (statement_id, part, bytes, hash, packed) select $1, n, 1, '', '' from generate_series(1, 25) n",
      [row?.id],
    );
    await sql(
      `insert into statement_lines (statement_id, n, line_number, line_key, receipt, completed_at, direction, amount_cents, kind, ordinal)
       select $1, n, n, $2 || n, 'R' || n, $3, 'in', 100, 'payment', 1 from generate_series(1, 1500) n`,
      [row?.id, name, daysAgo(days)],
    );
  };
  await put('half', 'receiving', 6);
  await put('half, young', 'receiving', 4);
  await put('refused', 'refused', 21);
  await put('refused, young', 'refused', 19);
  await put('discarded', 'discarded', 21);
  for (const state of ['waiting', 'matched', 'signed', 'done']) await put(state, state, 300);
  expect(await purgeUploads(world.app, world.clock.now())).toBe(0);
  expect(await purgeUploads(world.app, soon())).toBe(3 * 1_525);
  const kept = ['done', 'half, young', 'matched', 'refused, young', 'signed', 'waiting'];
  for (const table of ['statement_parts', 'statement_lines'])
    expect(await names(`select distinct file_name as name from statements s join ${table} c on c.statement_id = s.id order by 1`)).toEqual(
      kept,
    );
  expect(await sql("select state from statements where file_name = 'half'")).toEqual([{ state: 'discarded' }]);
  expect(await sql('select count(*)::int as n from statements')).toEqual([{ n: 9 }]);
  expect(await purgeUploads(world.app, soon())).toBe(0);
});

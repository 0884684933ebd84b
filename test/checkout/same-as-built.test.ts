import { sql as built } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBooking } from '../../src/bookings/create-booking.ts';
import { CreateBookingInput } from '../../src/bookings/create-booking-input.ts';
import { connect } from '../../src/db/client.ts';
import { decrypt } from '../../src/db/encryption.ts';
import { refusalOf } from '../../src/db/errors.ts';
import type { Db } from '../../src/db/types.ts';
import { AppError } from '../../src/errors.ts';
import { openAttempt } from '../../src/payments/open-attempt.ts';
import { leaseSql } from '../../src/token-cache/token-cache.ts';
import { scaled } from '../world/counts.ts';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { startWorld, type World } from '../world/world.ts';
import { createBooking as createBuilt } from './built/create-booking.ts';
import { openAttempt as openBuilt } from './built/open-attempt.ts';
import { quoteOrder } from './built/quote-order.ts';
import { quoteStanding } from './built/quote-standing.ts';
import { isReferenceUsed } from './built/reference-used.ts';

const START = Date.parse('2026-11-21T20:30:00Z'); // half an hour before midnight in Nairobi
const LIMITS = {
  promptsPerPhone: [
    { minutes: 10, most: 2 },
    { minutes: 1440, most: 5 },
  ],
  ...{ promptsPerNetwork: [{ minutes: 60, most: 3 }], promptsPerDay: 6, minCents: 200n, maxCents: 50_000n },
};

let world: World;
let old: FreshDatabase;
let oldDb: Db;
beforeAll(async () => {
  world = await startWorld();
  old = await freshDatabase();
  oldDb = connect(old.url);
  for (const { sql } of [old, world.database]) {
    await sql('delete from items');
    await sql(`insert into items (sku, name, kind, price_cents, min_cents, max_cents, vat_class, active, updated_at) values
      ('coffee', 'Coffee', 'product', 15050, null, null, 'A', true, now()), ('sweet', 'Sweet', 'product', 100, null, null, 'B', true, now()),
      ('gone', 'Gone', 'product', 100, null, null, 'A', false, now()), ('gift', 'Gift', 'donation', null, 1000, 20000, 'A', true, now()),
      ('match', 'Match', 'booking_fee', 11600, null, null, 'B', true, now()), ('dear', 'Dear', 'booking_fee', 5000100, null, null, 'B', true, now())`);
    await sql(
      `insert into standing_references (typed, kind, subject_id, created_at) values ('SV4K7Q2M9X', 'savings', '01930000-0000-7000-8000-000000000001', now())`,
    );
  }
});
afterAll(async () => {
  await oldDb.close();
  await Promise.all([old.drop(), world.stop()]);
});

const BUILT = {
  order: { quote: quoteOrder },
  donation: { quote: (input: Parameters<typeof quoteOrder>[0]) => quoteOrder(input, 'donation') },
  savings: { quote: (input: Parameters<typeof quoteStanding>[0]) => quoteStanding(input, 'savings') },
  loan_repayment: { quote: (input: Parameters<typeof quoteStanding>[0]) => quoteStanding(input, 'loan') },
};
const maybe = <T>(arbitrary: fc.Arbitrary<T>, freq = 2) => fc.option(arbitrary, { nil: undefined, freq });

const item = fc.record({
  sku: fc.constantFrom('coffee', 'coffee', 'coffee', 'sweet', 'gift', 'gone', 'match', 'nothing'),
  quantity: fc.constantFrom(1, 1, 2),
  amountCents: fc.constantFrom(undefined, undefined, undefined, 5_000n, 12_000n),
});
const quote = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('order' as const), items: fc.constant([{ sku: 'coffee', quantity: 1 }]) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('order' as const, 'donation' as const),
      items: fc.array(item, { minLength: 1, maxLength: 3 }),
    }),
  },
  fc.record({
    type: fc.constantFrom('savings' as const, 'loan_repayment' as const),
    items: fc.constant([]),
    subject: fc.constantFrom('SV-4K7Q2M9X', 'sv 4k7q2m9x', 'SV-4K7Q2M90'),
    amountCents: fc.constantFrom(100n, 300n, 20_000n),
  }),
);
const caller = {
  phone: fc.constantFrom('254712000001', '254712000002', '254712000003', '254712000004', '254712000005', '254712000006'),
  address: fc.constantFrom(undefined, '10.0.0.1', '10.0.0.2', '2001:db8::1'),
  caller: fc.constantFrom('public', 'public', 'key:one'),
  key: maybe(fc.record({ key: fc.constantFrom('one', 'two'), fingerprint: fc.constantFrom('f', 'f', 'g') }), 3),
  externalReference: maybe(fc.constantFrom('ORDER-1', 'ORDER-2'), 3),
  language: fc.constantFrom('en' as const, 'sw' as const),
  email: maybe(fc.constant('Wanjiku@Shop.example')),
  name: maybe(fc.constant('Wanjiku')),
  metadata: maybe(fc.constant({ table: 4, vip: true })),
};
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('open' as const),
      quote,
      ...caller,
      expected: fc.constantFrom(undefined, undefined, 15_100n),
      rides: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('again' as const),
      which: fc.nat(20),
      type: fc.constantFrom(undefined, undefined, 'order', 'booking_fee'),
      ...caller,
      rides: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('book' as const),
      sku: fc.constantFrom('match', 'match', 'dear', 'coffee'),
      staff: fc.boolean(),
      provider: fc.boolean(),
      ...caller,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(20, 80, 80, 660, 4_000, 86_400) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      which: fc.nat(20),
      to: fc.constantFrom('paid', 'failed', 'pending', 'asked', 'expired', 'answered'),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const CHANGES: Record<string, string> = {
  paid: "with a as (update attempts set state = 'paid', live = false where payment_id = $1) update payments set status = 'paid' where id = $1",
  failed:
    "with a as (update attempts set state = 'failed', live = false where payment_id = $1) update payments set status = 'failed', failure_code = '1032' where id = $1",
  pending: "update attempts set state = 'pending', checkout_request_id = 'x' where payment_id = $1",
  asked: 'update attempts set queried_at = created_at where payment_id = $1',
  expired: "update bookings set state = 'expired' where id = $1",
  answered: "update idempotency_keys set status = 201, body = '{}' where payment_id = $1",
};

/** The booking's check, which a purpose used to bring along. */
const builtCheck = (paymentId: string, now: Date) => built`
  select refuse('booking_expired', jsonb_build_object('paymentId', id)) from bookings
  where id = ${paymentId}::uuid and (state = 'expired' or state = 'created' and expires_at <= ${now.toISOString()}::timestamptz)`;

/** One of the two: what it names and draws, in the words that both share. */
type Side = { sql: FreshDatabase['sql']; made: string[]; names: Map<string, string> };

const named = (side: Side, value: unknown): string => {
  let text = JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part)) ?? 'nothing';
  for (const [id, name] of side.names) text = text.replaceAll(id, name);
  return text;
};

async function learn(side: Side): Promise<void> {
  const rows = await side.sql<{ id: string; reference: string; attempts: string[] | null }>(
    'select p.id, p.reference, array(select a.id::text from attempts a where a.payment_id = p.id order by a.created_at, a.id) as attempts from payments p order by p.created_at, p.id',
  );
  for (const { id, reference, attempts } of rows) {
    if (!side.names.has(id)) {
      side.names.set(id, `payment ${side.made.length}`).set(reference, `${reference.slice(0, 2)} ${side.made.length}`);
      side.made.push(id);
    }
    for (const [n, attempt] of (attempts ?? []).entries()) side.names.set(attempt, `attempt ${n} of ${side.names.get(id)}`);
  }
}

const SEALED: Record<string, string[]> = {
  ...{ payments: ['phone', 'email', 'name', 'metadata_sealed'], bookings: ['provider_phone'], idempotency_keys: ['body'] },
};
const TABLES = {
  payments: 'select * from payments order by created_at, caller, phone_hash',
  attempts: 'select * from attempts order by created_at, phone_hash',
  bookings: 'select b.* from bookings b join payments p on p.id = b.id order by p.created_at',
  idempotency_keys: 'select * from idempotency_keys order by scope, key',
  recent_times: 'select * from recent_times order by key',
  counters: 'select * from counters order by key',
  reviews: 'select kind, subject, opened_at from reviews order by 1, 2',
  outbox:
    "select o.message - 'reviewId' as message, r.subject, o.due_at from outbox o join reviews r on 'alert:' || r.id = o.dedupe_key order by 2",
  audit: 'select actor, action, subject, before, after, request_id, happened_at from audit order by happened_at, action, actor',
  tokens: 'select id, token, expires_at, claimed_until from provider_tokens order by id',
};

async function rowsOf(side: Side): Promise<Record<string, string>> {
  const dump: Record<string, string> = {};
  for (const [table, text] of Object.entries(TABLES)) {
    const rows = await side.sql(text);
    for (const row of rows)
      for (const column of SEALED[table] ?? [])
        if (String(row[column]).startsWith('v1.')) row[column] = decrypt(row[column] as string, column);
    dump[table] = named(side, rows);
  }
  return dump;
}

const outcomeOf = async (side: Side, work: () => Promise<unknown>): Promise<string> => {
  let outcome: unknown;
  try {
    outcome = await work();
  } catch (error) {
    const refusal = refusalOf(error) ?? (isReferenceUsed(error) ? { code: 'external_reference_used', detail: {} } : undefined);
    if (!refusal && !(error instanceof AppError)) throw error;
    outcome = refusal ?? (error as AppError).toProblem();
  }
  await learn(side);
  return named(side, outcome);
};

test('the functions decide and write what the built statements did, for visitors, keys, repeats and bookings', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
      for (const { sql } of [old, world.database])
        await sql(
          'truncate payments, attempts, bookings, idempotency_keys, recent_times, counters, reviews, outbox, provider_tokens cascade; alter table audit disable trigger user; truncate audit; alter table audit enable trigger user',
        );
      const before: Side = { sql: old.sql, made: [], names: new Map() };
      const after: Side = { sql: world.database.sql, made: [], names: new Map() };
      let at = START;
      for (const [n, each] of steps.entries()) {
        at += each.do === 'wait' ? each.seconds * 1000 : 1;
        if (each.do === 'wait') continue;
        if (each.do === 'change') {
          for (const side of [before, after]) {
            const id = side.made[each.which % Math.max(1, side.made.length)];
            if (id) await side.sql(CHANGES[each.to] as string, [id]);
          }
          continue;
        }
        const outcomes =
          each.do === 'book' ? await book(before, after, each, new Date(at)) : await open(before, after, { each, n, now: new Date(at) });
        expect(outcomes[1]).toBe(outcomes[0]);
        const code = /"code":"(\w+)"/.exec(outcomes[1])?.[1] ?? 'done';
        seen.set(`${each.do} ${code}`, (seen.get(`${each.do} ${code}`) ?? 0) + 1);
      }
      expect(await rowsOf(after)).toEqual(await rowsOf(before));
    }),
    { numRuns: scaled(200) },
  );
  const codes = new Set([...seen.keys()].map((what) => what.split(' ')[1]));
  expect([...codes]).toEqual(
    expect.arrayContaining([
      ...['already_paid', 'amount_mismatch', 'amount_out_of_range', 'booking_expired', 'daily_cap', 'done', 'donation_amount_required'],
      ...['donation_out_of_range', 'external_reference_used', 'key_reused', 'key_used', 'not_a_donation', 'payment_not_found'],
      ...['price_is_fixed', 'prompt_open', 'still_checking', 'too_many_prompts', 'too_many_requests', 'unknown_item', 'unknown_reference'],
    ]),
  );
});

type Opening = Extract<Step, { do: 'open' | 'again' }>;

async function open(before: Side, after: Side, { each, n, now }: { each: Opening; n: number; now: Date }): Promise<[string, string]> {
  const { phone, address, key, caller: actor } = each;
  const intent = { phone, address, actor, requestId: `request ${n}`, limits: LIMITS, key: key && { scope: actor, ...key } };
  const lease = each.rides ? leaseSql('account', now) : undefined;
  const payment = (side: Side, purposes: Record<string, unknown>, checks: boolean) => {
    if (each.do === 'again') {
      const id = side.made[each.which % Math.max(1, side.made.length)] ?? '01930000-0000-7000-8000-00000000dead';
      return { id, type: each.type, ...(checks && { checks: [builtCheck(id, now)] }) };
    }
    const { type, ...wanted } = each.quote;
    const { expected: expectedCents, externalReference, metadata, language, email, name } = each;
    return {
      type,
      purpose: purposes[type],
      quote: wanted,
      expectedCents,
      caller: actor,
      externalReference,
      metadata,
      language,
      email,
      name,
    };
  };
  const former = await outcomeOf(before, () => openBuilt(oldDb, { ...intent, payment: payment(before, BUILT, true) } as never, now, lease));
  const called = await outcomeOf(after, () =>
    openAttempt(world.app.db, { ...intent, payment: payment(after, world.app.purposes, false) } as never, now, lease),
  );
  return [former, called];
}

async function book(before: Side, after: Side, each: Extract<Step, { do: 'book' }>, now: Date): Promise<[string, string]> {
  const {
    sku,
    phone,
    staff,
    provider,
    externalReference,
    language,
    email,
    name,
    metadata,
    key,
    address = '10.0.0.9',
    caller: actor,
  } = each;
  const input = CreateBookingInput.parse({
    ...{ sku, phoneNumber: `0${phone.slice(3)}`, language, email, name, metadata },
    ...(staff && { externalReference, expiresInHours: 1 }),
    ...(staff &&
      provider && { providerPhoneNumber: '0712000009', autoResolve: { action: 'release', to: 'provider', keep: 20, afterHours: 3 } }),
  });
  const call = {
    ...{ requestId: 'booking', address, caller: { id: actor, scopes: staff ? ['bookings:write'] : [] } },
    ...(key && { key: { scope: actor, ...key, fingerprint: `booking ${key.fingerprint}`, key: `booking-${key.key}` } }),
  };
  const app = (db: Db) => ({
    ...world.app,
    db,
    clock: { now: () => now },
    config: { ...world.app.config, limits: { ...world.app.config.limits, ...LIMITS } },
  });
  const shown = async (reply: Promise<unknown>) => {
    const { text, ...rest } = (await reply) as { text?: string };
    return { ...rest, json: text && JSON.parse(text) };
  };
  return [
    await outcomeOf(before, () => shown(createBuilt(app(oldDb), input, call as never))),
    await outcomeOf(after, () => shown(createBooking(app(world.app.db), input, call as never))),
  ];
}

import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import pg from 'pg';
import { inject } from 'vitest';
import type { FreshDatabase } from '../world/database.ts';
import { truth } from './truth.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** How long ago something happened: just now, a while, so long that its slot is final, days. */
const age = fc.constantFrom(0, 0, 4 * MINUTE, 12 * MINUTE, 40 * MINUTE, 26 * 60 * MINUTE, 9 * DAY);
const which = fc.nat(1_000);
const shortcode = fc.constantFrom('174379', '600000', null);
const moment = fc.option(age, { nil: null, freq: 5 });

/** Something that happens to rows that reports count. `held`: its transaction stays open meanwhile. */
export const step = fc.oneof(
  fc.record({
    does: fc.constant('ask' as const),
    age,
    purpose: fc.constantFrom('order', 'donation', 'booking_fee'),
    shillings: fc.integer({ min: 1, max: 900 }),
    held: fc.boolean(),
  }),
  fc.record({ does: fc.constant('prompt' as const), which, age }),
  fc.record({
    does: fc.constant('end' as const),
    which,
    state: fc.constantFrom('pending', 'paid', 'failed', 'expired', 'reversed', 'refunded'),
    code: fc.constantFrom('1032', '1', 'busy', null),
    held: fc.boolean(),
  }),
  fc.record({ does: fc.constant('accept' as const), which }),
  fc.record({
    does: fc.constant('move' as const),
    which: fc.option(which, { nil: null }),
    moved: moment,
    source: fc.constantFrom('stk', 'c2b', 'pull', 'statement', 'status'),
    shortcode,
    told: fc.boolean(),
  }),
  fc.record({
    does: fc.constant('change' as const),
    which,
    set: fc.constantFrom('confirmed_at', 'taken_back_at', 'moved_at', 'shortcode', 'merged_into', 'unconfirmed'),
    moved: moment,
    shortcode,
    other: which,
  }),
  fc.record({
    does: fc.constant('say' as const),
    which,
    source: fc.constantFrom('callback', 'query', 'c2b', 'transaction-status'),
    verdict: fc.constantFrom('names', 'known', 'confirms', 'ties'),
  }),
  fc.record({ does: fc.constant('book' as const), age, cents: fc.integer({ min: 1, max: 90_000 }), held: fc.boolean() }),
  fc.record({ does: fc.constant('pass' as const), minutes: fc.constantFrom(1, 1, 3, 11, 45, 26 * 60) }),
  fc.record({ does: fc.constant('count' as const) }),
  fc.record({ does: fc.constant('release' as const) }),
);
export type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

type Payment = { id: string; attempts: string[]; isHeld: boolean };

/** Rows that people and Safaricom change, a clock, and what the minute has counted of them. */
export class History {
  readonly database: FreshDatabase;
  #now = Date.parse('2026-03-01T20:30:00Z');
  #payments: Payment[] = [];
  #deposits: { id: string; attempt: string | null }[] = [];
  #held: { client: pg.Client; payment?: Payment | undefined }[] = [];
  #n = 0;

  constructor(database: FreshDatabase) {
    this.database = database;
  }

  get isHolding() {
    return this.#held.length > 0;
  }

  #at = (ms: number | null) => (ms === null ? null : new Date(this.#now - ms).toISOString());

  /** Runs a statement at once, or in a transaction that stays open. */
  async #write(text: string, params: unknown[], held: boolean, payment?: Payment): Promise<void> {
    if (!held) return void (await this.database.sql(text, params));
    const client = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${this.database.name}`);
    await client.connect();
    await client.query('begin');
    await client.query(text, params);
    if (payment) payment.isHeld = true;
    this.#held.push({ client, payment });
  }

  async release(): Promise<void> {
    const first = this.#held.shift();
    await first?.client.query('commit');
    await first?.client.end();
    if (first?.payment) first.payment.isHeld = false;
  }

  /** Counts as the minute does, and again until nothing is left. */
  async count(): Promise<void> {
    for (let left = true; left; ) {
      const [row] = await this.database.sql<{ behind: boolean }>('select behind from count_reports_1($1)', [this.#at(0)]);
      const [moved] = await this.database.sql<{ passed: string }>('select count_transfers_1(3) as passed');
      left = row?.behind === true || Number(moved?.passed) > 0;
    }
  }

  /** What is counted, and what is true. */
  async compare(): Promise<{ counted: unknown; truth: unknown }> {
    const counted = await this.database.sql(
      `select day::text, figure, k.key, (k.value ->> 0)::int as many, (k.value ->> 1)::text as cents from day_counts cross join jsonb_each(counts) k
       union all select day::text, 'booked', concat_ws('|', kind, debit, credit), transfers, amount_cents::text from ledger_days order by 1, 2, 3`,
    );
    return { counted, truth: await truth(this.database) };
  }

  async take(done: Step): Promise<void> {
    const free = this.#payments.filter(({ isHeld }) => !isHeld);
    const at = this.#at(0);
    switch (done.does) {
      case 'pass':
        this.#now += done.minutes * MINUTE;
        return;
      case 'count':
        return this.count();
      case 'release':
        return this.release();
      case 'ask': {
        const payment: Payment = { id: randomUUID(), attempts: [randomUUID()], isHeld: false };
        this.#payments.push(payment);
        const text = `with asked as (insert into payments (id, reference, purpose, caller, lines, language, phone, phone_hash, owed_cents, amount_cents, status, state, created_at)
          values ($1, $2, $3, 'public', '[]', 'en', 'x', $2, $4, $4, 'pending', 'pending', $5))
          insert into attempts (id, payment_id, phone_hash, phone_tail, amount_cents, state, live, live_until, created_at) values ($6, $1, $2, '000', $4, 'requested', false, $5, $5)`;
        const own = `H${++this.#n}`;
        return this.#write(
          text,
          [payment.id, own, done.purpose, done.shillings * 100, this.#at(done.age), payment.attempts[0]],
          done.held,
          payment,
        );
      }
      case 'book':
        return this.#write(
          `insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at) values ($1, 'sale', $2, 1, 'clearing', 'sales', $3, $4)`,
          [randomUUID(), randomUUID(), done.cents, this.#at(done.age)],
          done.held,
        );
      case 'move': {
        const payment = done.which === null ? undefined : free[done.which % Math.max(1, free.length)];
        const attempt = payment?.attempts.find((id) => !this.#deposits.some((deposit) => deposit.attempt === id)) ?? null;
        const id = randomUUID();
        this.#deposits.push({ id, attempt });
        return this.#write(
          `with moved as (insert into deposits (id, source, attempt_id, amount_cents, receipt, settled_at, moved_at, shortcode, confirmed_at)
            values ($1, $2, $3, 10000, $4, $5, $6, $7, case when $8 then null else $5::timestamptz end))
          insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
          values ($9, 'mpesa_in', $1::uuid::text, 1, case when $8 then 'paybill_told' else 'paybill_float' end, 'clearing', 10000, $5)`,
          [id, done.source, attempt, `R${++this.#n}`, at, this.#at(done.moved), done.shortcode, done.told, randomUUID()],
          false,
        );
      }
    }
    const payment = 'which' in done ? free[done.which % Math.max(1, free.length)] : undefined;
    const deposit = 'which' in done ? this.#deposits[done.which % Math.max(1, this.#deposits.length)] : undefined;
    if (done.does === 'prompt' && payment) {
      payment.attempts.push(randomUUID());
      await this.#write(
        `insert into attempts (id, payment_id, phone_hash, phone_tail, amount_cents, state, live, live_until, created_at)
         select $1, id, 'x', '000', amount_cents, 'requested', false, $3, $3 from payments where id = $2`,
        [payment.attempts.at(-1), payment.id, this.#at(done.age)],
        false,
      );
    }
    if (done.does === 'accept' && payment)
      await this.#write(`update attempts set checkout_hash = $2 where id = $1`, [payment.attempts.at(-1), `c${++this.#n}`], false);
    if (done.does === 'end' && payment) {
      const of = ['reversed', 'refunded'].includes(done.state) ? 'paid' : done.state;
      await this.#write(
        `with ended as (update attempts set state = $3, result_code = coalesce($4, result_code) where id = $2) update payments set state = $5 where id = $1`,
        [payment.id, payment.attempts.at(-1), of, done.code, done.state],
        done.held,
        payment,
      );
    }
    if (done.does === 'change' && deposit) {
      const other = this.#deposits[done.other % this.#deposits.length]?.id;
      const values: Record<typeof done.set, [string, unknown]> = {
        confirmed_at: ['confirmed_at', at],
        taken_back_at: ['taken_back_at', at],
        moved_at: ['moved_at', this.#at(done.moved)],
        shortcode: ['shortcode', done.shortcode],
        merged_into: ['merged_into', other === deposit.id ? null : other],
        unconfirmed: ['confirmed_at', null],
      };
      const [column, value] = values[done.set];
      await this.#write(`update deposits set ${column} = $2 where id = $1`, [deposit.id, value], false);
    }
    if (done.does === 'say' && deposit) {
      const subject = ['callback', 'query'].includes(done.source) ? deposit.attempt : deposit.id;
      await this.#write(
        `insert into evidence (id, subject_id, source, body_hash, body, verdict, received_at) values ($1, $2, $3, $4, '', $5, $6)`,
        [randomUUID(), subject, done.source, `b${++this.#n}`, done.verdict, at],
        false,
      );
    }
  }
}

import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { newReference } from '#ground/references/reference.ts';
import { allocate } from '#mpesa/payments/allocate.ts';
import { type Finding, settle } from '#mpesa/payments/settle.ts';
import { settleC2b } from '#mpesa/payments/settle-c2b.ts';
import { scaled } from '../world/counts.ts';
import { startWorld, type World } from '../world/world.ts';

const RUNS = scaled(60); // full run: 3,000

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const PHONE = '254712345678';
const AMOUNT = 125_000n;

/** What a source may say, whether it is true or not; `wrong` ones may never book anything. A query of a prompt whose success was not believed waits for its receipt. */
const Said = fc.record({
  attempt: fc.nat(2),
  what: fc.constantFrom(
    'callback paid',
    'query paid',
    'callback failed',
    'query failed',
    'unclear',
    'wrong amount',
    'wrong phone',
    'wrong checkout',
  ),
});
type Said = { attempt: number; what: string };

const DOUBTS = ['wrong amount', 'wrong phone'];
const withoutDoubts = (said: Said[]): Said[] =>
  said.filter(({ attempt, what }) => !DOUBTS.includes(what) || !said.some((s) => s.attempt === attempt && s.what === 'query paid'));

type Owed = { paymentId: string; reference: string; attemptIds: string[]; receipts: string[] };

async function owe(): Promise<Owed> {
  const paymentId = newId();
  const reference = newReference('PY');
  const attemptIds = [newId(), newId(), newId()];
  const receipts = attemptIds.map((id) => id.replaceAll('-', '').slice(-10).toUpperCase());
  const phoneHash = lookupHash(PHONE);
  await world.database.sql(
    `insert into payments (id, reference, purpose, caller, lines, language, phone, phone_hash, owed_cents, amount_cents, state, latest_attempt_id, created_at)
     values ($1, $2, 'order', 'public', $3, 'en', 'unread', $4, $5, $5, 'unknown', $6, now())`,
    [
      paymentId,
      reference,
      JSON.stringify([
        { sku: 'coffee', name: 'Coffee', kind: 'product', quantity: 1, unitCents: '125000', grossCents: '125000', vatClass: 'B' },
      ]),
      phoneHash,
      AMOUNT.toString(),
      attemptIds[2],
    ],
  );
  for (const [n, id] of attemptIds.entries())
    await world.database.sql(
      `insert into attempts (id, payment_id, phone_hash, phone_tail, amount_cents, state, live, live_until, checkout_request_id, checkout_hash, created_at)
       values ($1, $2, $3, '678', $4, 'unknown', false, now(), 'unread', $5, now() + $6 * interval '1 second')`,
      [id, paymentId, phoneHash, AMOUNT.toString(), lookupHash(`ws_${id}`), n],
    );
  return { paymentId, reference, attemptIds, receipts };
}

function findingOf(owed: Owed, { attempt, what }: Said): Finding {
  const attemptId = owed.attemptIds[attempt] ?? '';
  const checkoutRequestId = `ws_${attemptId}`;
  const source = what.startsWith('query') ? ('query' as const) : ('callback' as const);
  const base = { attemptId, source, body: `${what} ${attemptId}`, checkoutRequestId, shortcode: '174379' };
  const money = { says: 'paid' as const, amountCents: AMOUNT, phone: { full: PHONE }, receipt: owed.receipts[attempt], resultCode: '0' };
  if (what === 'unclear') return { ...base, says: 'unclear' };
  if (what === 'query paid') return { ...base, says: 'paid', resultCode: '0' };
  if (what.endsWith('failed')) return { ...base, says: 'failed', resultCode: '1032' };
  if (what === 'wrong amount') return { ...base, ...money, amountCents: 100n };
  if (what === 'wrong phone') return { ...base, ...money, phone: { full: '254799999999' } };
  if (what === 'wrong checkout') return { ...base, ...money, checkoutRequestId: 'ws_another' };
  return { ...base, ...money };
}

const noticeOf = (owed: Owed, { attempt }: Said) => ({
  body: `c2b ${owed.receipts[attempt]}`,
  receipt: owed.receipts[attempt] ?? '',
  amountCents: AMOUNT,
  typedReference: owed.reference.toLowerCase(),
  ...{ payer: { name: 'JOHN' }, shortcode: '174379', prompts: true, movedAt: world.clock.now(), dayDiffers: false },
});

async function tell(
  owed: Owed,
  said: Said[],
  atOnce: boolean,
): Promise<{ status: string; booked: string; owedBack: string; sold: string; receipts: number }> {
  const one = async (s: Said) => {
    const at = { db: world.app.db, now: world.clock.now() };
    const { depositId } = await (s.what === 'c2b' ? settleC2b(at, noticeOf(owed, s)) : settle(at, findingOf(owed, s)));
    if (depositId) await allocate(world.app, depositId);
  };
  if (atOnce) await Promise.all(said.map(one));
  else for (const s of said) await one(s);
  const [row] = await world.database.sql<{ status: string; booked: string; owedBack: string; sold: string; receipts: number }>(
    `with booked as (select t.kind, t.amount_cents from transfers t join deposits d on d.id::text = t.source_id where d.payment_id = $1)
     select p.status, (select count(*)::int from deposits d where d.payment_id = p.id and d.receipt is not null) as receipts,
       (select coalesce(sum(amount_cents), 0) from booked where kind = 'mpesa_in') as booked,
       (select coalesce(sum(amount_cents), 0) from booked where kind = 'surplus') as "owedBack",
       (select coalesce(sum(amount_cents), 0) from booked where kind = 'sale') as sold
     from payments p where p.id = $1`,
    [owed.paymentId],
  );
  if (!row) throw new Error('The payment is gone.');
  return row;
}

/**
 * What must come out, from the set alone. A callback ties a receipt to its attempt. A C2B notice tells a receipt, a query an attempt, and neither tells the
 * other: as long as they may be the same money they count once.
 */
function oracle(said: Said[]) {
  const attemptsThat = (what: string) => new Set(said.filter((s) => s.what === what).map(({ attempt }) => attempt));
  const tied = attemptsThat('callback paid');
  const loose = (what: string) => attemptsThat(what).difference(tied).size;
  const movements = BigInt(tied.size + Math.max(loose('c2b'), loose('query paid')));
  const latestFailed = said.some(({ attempt, what }) => attempt === 2 && what.endsWith('failed'));
  return {
    status: movements > 0n ? 'paid' : latestFailed ? 'failed' : 'unknown',
    booked: (AMOUNT * movements).toString(),
    owedBack: (movements > 1n ? AMOUNT * (movements - 1n) : 0n).toString(),
    sold: (movements > 0n ? AMOUNT : 0n).toString(),
    receipts: tied.size + loose('c2b'),
  };
}

test('state and totals depend on what was said, not on the order, the repetition or the moment', async () => {
  const property = fc.asyncProperty(
    fc
      .array(Said, { minLength: 1, maxLength: 10 })
      .map(withoutDoubts)
      .filter((said) => said.length > 0)
      .chain((said) =>
        fc.tuple(
          fc.constant(said),
          fc.shuffledSubarray([...said, ...said.slice(0, 3)], { minLength: said.length + Math.min(3, said.length) }),
        ),
      ),
    fc.boolean(),
    async ([said, shuffled], atOnce) => {
      expect(await tell(await owe(), said, false)).toEqual(oracle(said));
      expect(await tell(await owe(), shuffled, atOnce)).toEqual(oracle(said));
    },
  );
  await fc.assert(property, { numRuns: RUNS, seed: 7 });
}, 120_000);

test('a query that waits for a payment while its notice is booked ties the two, and books nothing twice', async () => {
  const owed = await owe();
  const other = new pg.Client({ host: '127.0.0.1', port: inject('postgresPort'), user: 'postgres', database: world.database.name });
  await other.connect();
  await other.query('begin');
  await other.query('select from payments where id = $1 for update', [owed.paymentId]);
  const waiting = settle({ db: world.app.db, now: world.clock.now() }, findingOf(owed, { attempt: 2, what: 'query paid' }));
  await new Promise((soon) => setTimeout(soon, 300)); // it waits for the lock now
  await other.query(
    "insert into deposits (id, source, payment_id, amount_cents, receipt, shortcode, moved_at, settled_at, version) values ($1, 'c2b', $2, $3, 'UKLATFIRST', '174379', now(), now(), 0)",
    [newId(), owed.paymentId, AMOUNT.toString()],
  );
  await other.query('commit');
  await other.end();
  expect(await waiting).toMatchObject({ verdict: 'pays' });
  expect(await world.database.sql('select receipt, tied_by from deposits where payment_id = $1', [owed.paymentId])).toEqual([
    { receipt: 'UKLATFIRST', tied_by: 'reference' },
  ]);
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encrypt } from '#ground/db/encryption.ts';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { match } from '../../paybill/paybill.ts';
import { type Stage, startStage } from '../../proof/stage.ts';
import type { Owed } from '../../proof/world-of-money.ts';
import { listByPull, openScene } from './scene.ts';

// A treasurer finds the money of a prompt that nobody had heard of, and matches it; then the prompt's own success comes. One code is one booking.

let stage: Stage;
let shillings = 3100;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  shillings += 1;
  await stage.world.database.sql('update reviews set closed_at = now() where closed_at is null');
});

const open = async () =>
  (
    await stage.world.database.sql<{ kind: string }>(
      "select distinct kind from reviews where closed_at is null and kind not like 'balance%' order by kind",
    )
  ).map(({ kind }) => kind);
const closer = async ({ attemptId }: Owed) =>
  (
    await stage.world.database.sql<{ by: string | null }>(
      "select closed_by as by from reviews where kind = 'attempt_unresolved' and subject = $1",
      [attemptId],
    )
  ).map(({ by }) => by);

type Scene = Awaited<ReturnType<typeof openScene>>;

/** Long enough for a payment to expire. */
async function expires(s: Scene) {
  await s.minutes(6);
  await stage.world.clock.advance(15 * 60_000);
  await s.minutes(2);
}

/** Until the ladder's question of the first hour is asked. */
async function asks(s: Scene) {
  await stage.world.clock.advance(50 * 60_000);
  await s.minutes(3);
}

/** A prompt that was paid at once and that nobody has heard of since, until its payment expired. */
async function unheard() {
  const s = await openScene(stage);
  const owed = await s.owe(shillings);
  s.queried();
  const [receipt, at] = [s.receipt(), stage.world.clock.now()];
  await expires(s);
  return { s, owed, receipt, at, phone: owed.phone };
}
type Unheard = Awaited<ReturnType<typeof unheard>>;

/** Its code is proved, by an answer that names no purpose or by a line with other words, and the money waits in suspense. */
async function found({ receipt, at, phone }: Unheard, source: 'status' | 'pull', payer = phone, when = at) {
  const typed = source === 'pull' ? 'KAHAWA' : null;
  const [row] = await stage.world.database.sql<{ depositId: string }>(
    `select "depositId" from settle_receipt_2($1, $2, $3, null, null, $4, null, $5, null, $6, $7, true, array[$8::timestamptz], true, $9)`,
    [
      ...[source, receipt, shillings * 100, typed, encrypt(payer, 'payer_phone'), payer.slice(-3), stage.shortcode],
      ...[when, stage.world.clock.now()],
    ],
  );
  await allocate(stage.world.app, row?.depositId ?? '');
  return row?.depositId ?? '';
}
const paidBy = async (depositId: string, { paymentId }: Pick<Owed, 'paymentId'>) =>
  expect((await match(stage.world, depositId, { paymentId })).status).toBe(200);

describe.each(['status', 'pull'] as const)('money that a %s has proved and a person has matched to the payment of its prompt', (source) => {
  test('stays one sale when the callback names its code: nothing is reversed, and nobody has to do anything', async () => {
    const u = await unheard();
    await paidBy(await found(u, source), u.owed);
    await u.s.minutes(2);
    expect(await u.s.calledBack(u.owed, u.receipt, shillings)).toBe(200);
    expect(await u.s.calledBack(u.owed, u.receipt, shillings)).toBe(200);
    await u.s.minutes(2);
    expect(await u.s.payment(u.owed)).toMatchObject({ status: 'paid' });
    expect(await u.s.grown()).toEqual({ paybill_float: shillings, donations: shillings });
    expect(await u.s.deposits(shillings)).toMatchObject([
      { receipt: u.receipt, tied_by: 'callback', prompted: true, pays: true, proved: true },
    ]);
    expect(await open()).toEqual([]);
  });

  test('is what a late query means, and the callback that comes after it names it', async () => {
    const u = await unheard();
    await paidBy(await found(u, source), u.owed);
    u.s.queried(u.owed);
    await asks(u.s);
    expect(await u.s.deposits(shillings)).toMatchObject([{ receipt: u.receipt, prompted: true }]);
    expect(await u.s.calledBack(u.owed, u.receipt, shillings)).toBe(200);
    expect(await listByPull(stage, { receipt: u.receipt, shillings, at: u.at, phone: u.phone })).toEqual([]);
    await u.s.minutes(2);
    expect(await u.s.payment(u.owed)).toMatchObject({ status: 'paid' });
    expect(await u.s.grown()).toEqual({ paybill_float: shillings, donations: shillings });
    expect(await open()).toEqual([]);
  });

  test('was recorded with a wrong time: the query is a second payment until the callback names the code, and then one', async () => {
    const u = await unheard();
    await paidBy(await found(u, source, u.phone, stage.world.clock.now()), u.owed);
    u.s.queried(u.owed);
    await asks(u.s);
    expect(await u.s.grown()).toEqual({ paybill_float: 2 * shillings, donations: shillings, customer_credit: shillings });
    expect(await u.s.calledBack(u.owed, u.receipt, shillings)).toBe(200);
    await u.s.minutes(2);
    expect(await u.s.payment(u.owed)).toMatchObject({ status: 'paid' });
    expect(await u.s.grown()).toEqual({ paybill_float: shillings, donations: shillings });
    expect(await open()).toEqual([]);
  });

  test('was another payment after all: the callback names another code, and both are there', async () => {
    const u = await unheard();
    await paidBy(await found(u, source), u.owed);
    u.s.queried(u.owed);
    await asks(u.s);
    const own = u.s.receipt();
    expect(await u.s.calledBack(u.owed, own, shillings)).toBe(200);
    await u.s.minutes(2);
    expect(await u.s.payment(u.owed)).toMatchObject({ status: 'paid' });
    expect(await u.s.grown()).toEqual({ paybill_float: 2 * shillings, donations: shillings, suspense: shillings });
    expect((await u.s.deposits(shillings)).map(({ receipt }) => receipt).sort()).toEqual([u.receipt, own].sort());
    expect(await open()).toEqual(['unidentified_deposit']);
  });

  test('had paid another payment: that one is reversed, and the prompt gets its money', async () => {
    const u = await unheard();
    const other = await u.s.owe(shillings, '254711000774');
    await expires(u.s);
    await paidBy(await found(u, source), other);
    expect(await u.s.calledBack(u.owed, u.receipt, shillings)).toBe(200);
    await u.s.minutes(2);
    expect(await u.s.payment(u.owed)).toMatchObject({ status: 'paid' });
    expect(await u.s.payment(other)).toMatchObject({ status: 'reversed' });
    expect(await u.s.grown()).toEqual({ paybill_float: shillings, donations: shillings });
    expect(await open()).toContain('deposit_displaced');
  });
});

test('a list that has the reference of the payment that a person has matched it to says nothing against it', async () => {
  const u = await unheard();
  await paidBy(await found(u, 'status'), u.owed);
  const settled = await settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, 'statement', [
    {
      ...{ receipt: u.receipt, amountCents: BigInt(shillings) * 100n, typedReference: u.owed.reference, shortcode: stage.shortcode },
      ...{ prompts: true, times: [u.at], payer: {} },
    },
  ]);
  for (const { depositId } of settled) if (depositId) await allocate(stage.world.app, depositId);
  expect(await u.s.calledBack(u.owed, u.receipt, shillings)).toBe(200);
  await u.s.minutes(2);
  expect(await u.s.grown()).toEqual({ paybill_float: shillings, donations: shillings });
  expect(await open()).toEqual([]);
});

describe('what a person has to look at about a prompt', () => {
  test('closes in the name of whoever matches its money', async () => {
    const u = await unheard();
    await stage.world.clock.advance(24 * 3_600_000);
    await u.s.minutes(3);
    expect(await closer(u.owed)).toEqual([null]);
    await paidBy(await found(u, 'status'), u.owed);
    expect(await closer(u.owed)).toEqual([expect.stringMatching(/^(person|key):/)]);
  });

  /** A callback at the prompt's own address that names another phone, amount or prompt. */
  const OTHER = { phone: 'evidence_phone_differs', amount: 'evidence_amount_differs', prompt: 'evidence_other_checkout' } as const;
  const names = [...Object.keys(OTHER)] as (keyof typeof OTHER)[];
  const namedOther = ({ s, owed, receipt, phone }: Awaited<ReturnType<typeof unheard>>, what: keyof typeof OTHER) =>
    s.calledBack(
      what === 'prompt' ? { ...owed, checkoutRequestId: `${owed.checkoutRequestId}9` } : owed,
      receipt,
      shillings + (what === 'amount' ? 1 : 0),
      what === 'phone' ? 254700000009 : Number(phone),
    );

  test.each(['phone', 'amount'] as const)('closes when another %s was named, and the money is proved otherwise', async (what) => {
    const u = await unheard();
    await namedOther(u, what);
    u.s.queried(u.owed);
    await asks(u.s); // Safaricom answers nothing about the code
    expect(await open()).toEqual(expect.arrayContaining([OTHER[what], 'evidence_doubted']));
    const depositId = await found(u, 'pull');
    await paidBy(depositId, u.owed);
    await u.s.minutes(2);
    expect(await open()).toEqual([]);
    expect(await u.s.grown()).toEqual({ paybill_float: shillings, donations: shillings });
    expect(await u.s.calledBack(u.owed, u.receipt, shillings)).toBe(200);
    await u.s.minutes(2);
    expect(await u.s.grown()).toEqual({ paybill_float: shillings, donations: shillings });
    expect(await open()).toEqual([]);
  });

  test("closes when another prompt was named, and this one's own success is proved", async () => {
    const u = await unheard();
    await namedOther(u, 'prompt');
    await u.s.minutes(2);
    expect(await open()).toContain('evidence_other_checkout');
    u.s.queried(u.owed);
    await asks(u.s);
    expect(await open()).toEqual([]);
    expect(await u.s.payment(u.owed)).toMatchObject({ status: 'paid' });
  });

  test.each(names)('stays when another %s was named with a code, and money with another code pays', async (what) => {
    const u = await unheard();
    await namedOther(u, what);
    await u.s.minutes(2);
    await paidBy(await found({ ...u, receipt: u.s.receipt() }, 'pull'), u.owed);
    await u.s.minutes(2);
    expect(await u.s.payment(u.owed)).toMatchObject({ status: 'paid' });
    expect(await open()).toContain(OTHER[what]);
  });

  test('stays where the payment was paid already: a lie beside it is told', async () => {
    const s = await openScene(stage);
    const owed = await s.owe(shillings);
    await s.calledBack(owed, s.receipt(), shillings);
    await s.minutes(1);
    await s.calledBack(owed, s.receipt(), shillings + 1);
    await s.minutes(3);
    expect(await open()).toContain('evidence_amount_differs');
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { payerOf } from '#mpesa/payments/payer.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { fillFloat, type Stage, startStage, US } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const now = () => stage.world.clock.now();
type Line = { receipt: string; typed: string; phone: string; at: Date };

/** Has a pull list these payments, as Safaricom has them. */
async function list(shillings: number, ...lines: Line[]): Promise<void> {
  const proofs = lines.map(({ receipt, typed, phone, at }) => ({
    ...{ receipt, amountCents: BigInt(shillings) * 100n, typedReference: typed, shortcode: stage.shortcode, prompts: true, times: [at] },
    payer: payerOf({ tail: phone.slice(-3) }, undefined),
  }));
  const settled = await settleReceipts({ db: stage.world.app.db, now: now() }, 'pull', proofs);
  for (const { depositId } of settled) if (depositId) await allocate(stage.world.app, depositId);
}

test.each([
  ['before', 1961],
  ['after', 1962],
])(
  "a stranger's receipt was told for an order, and the list says otherwise; the order's own line sorts %s it: two movements are two bookings",
  async (order, shillings) => {
    const scene = await openScene(stage);
    const owed = await scene.owe(shillings, newPhones().other);
    const stranger = newPhones().other;
    const at = now();
    const [one, two] = [scene.receipt(), scene.receipt()];
    const [own, byHand] = order === 'before' ? [one, two] : [two, one];
    scene.queried(owed);
    await scene.minutes(2);
    await scene.told(byHand, shillings, owed.reference, owed.phone); // a lie about what was typed and who paid
    stage.statusAnswers.set(byHand, { debit: 'JANE', credit: US, shillings, at });
    await scene.minutes(12);
    const lines = [
      { receipt: own, typed: owed.reference, phone: owed.phone, at },
      { receipt: byHand, typed: 'SCHOOL', phone: stranger, at },
    ];
    await list(shillings, ...lines);
    await list(shillings, ...lines);
    await scene.minutes(10);
    expect(await scene.grown()).toEqual({ paybill_float: 2 * shillings, donations: shillings, suspense: shillings });
    expect(await scene.payment(owed)).toMatchObject({ status: 'paid' });
    const rows = await stage.world.database.sql(
      'select receipt, attempt_id is not null as prompted from deposits where receipt = any($1) order by receipt',
      [[own, byHand].sort()],
    );
    expect(rows).toEqual([own, byHand].sort().map((receipt) => ({ receipt, prompted: receipt === own })));
    const told = await stage.world.database.sql(
      "select from reviews r join deposits d on d.id::text = r.subject where d.receipt = $1 and r.kind = 'receipt_payer_differs' and r.closed_at is null",
      [byHand],
    );
    expect(told).toHaveLength(1); // a notice had named another payer
  },
  60_000,
);

test.each([
  ['under its word', 1963, 1964],
  ['for an order', 1965, 1966],
] as const)(
  'a payment that was given back in the portal and taken back is listed still, %s: nothing is booked, and the rest of the list is settled',
  async (as, shillings, others) => {
    const scene = await openScene(stage);
    const owed = await scene.owe(shillings);
    const [receipt, another] = [scene.receipt(), scene.receipt()];
    const at = now();
    const phone = newPhones().other;
    await scene.told(receipt, shillings, 'SCHOOL', phone);
    scene.proves(receipt, shillings, phone);
    await scene.minutes(12);
    const { sql } = stage.world.database;
    await sql(
      'update deposits set reversed_elsewhere_at = $2, reversal_receipt = $3, reversed_elsewhere_cents = amount_cents where receipt = $1',
      [...[receipt, now().toISOString(), scene.receipt()]],
    );
    await sql('select book_reversed_2(id, $2) from deposits where receipt = $1', [receipt, now().toISOString()]);
    await scene.takeBack(receipt);
    await list(shillings, { receipt, typed: as === 'for an order' ? owed.reference : 'SCHOOL', phone, at });
    await list(others, { receipt: another, typed: 'SCHOOL', phone, at });
    await scene.minutes(3);
    expect(await scene.grown()).toEqual({ paybill_float: others, suspense: others });
    expect((await scene.payment(owed))?.status).not.toBe('paid');
  },
  60_000,
);

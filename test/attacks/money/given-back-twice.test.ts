import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillFloat, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { signedIn } from '../../world/person.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const now = () => stage.world.clock.now().toISOString();

/** What a signed line does that shows a receipt as given back whole, where its file has not its payment. */
async function giveBackInPortal(receipt: string, reversal: string): Promise<void> {
  const { sql } = stage.world.database;
  await sql(
    'update deposits set reversed_elsewhere_at = $2, reversal_receipt = $3, reversed_elsewhere_cents = amount_cents where receipt = $1 and taken_back_at is null',
    [receipt, now(), reversal],
  );
  await sql('select book_reversed_2(id, $2) from deposits where receipt = $1', [receipt, now()]);
}

async function refund(body: object): Promise<number> {
  const { world } = stage;
  const asked = await world.send('POST', '/api/refunds', {
    body: { reason: 'Test', ...body },
    headers: await signedIn(world, 'treasurer'),
  });
  const { payoutId } = (await asked.json()) as { payoutId: string };
  const headers = await signedIn(world, 'treasurer');
  return (await world.send('POST', `/api/payouts/${payoutId}/decision`, { body: {}, headers })).status;
}

const open = (subject: string) =>
  stage.world.database.sql(
    'select r.kind from reviews r join deposits d on d.id::text = r.subject where d.receipt = $1 and r.closed_at is null',
    [subject],
  );
const documentsOf = (paymentId: string) =>
  stage.world.database.sql('select kind, total_cents from invoices where payment_id = $1 order by created_at, id', [paymentId]);

test.each([
  ['whole', 1901, undefined],
  ['in part', 1902, 700],
])(
  'a sale that was refunded by B2C (%s) and is given back in the portal as well is taken back once: the rest is owed to us, and a task',
  async (_, paid, part) => {
    const given = part ?? paid;
    const scene = await openScene(stage);
    const owed = await scene.owe(paid);
    const own = scene.receipt();
    await scene.calledBack(owed, own, paid);
    await scene.minutes(2);
    expect(await refund({ paymentId: owed.paymentId, method: 'b2c', ...(part && { amount: part }) })).toBe(200);
    await scene.minutes(5);
    await giveBackInPortal(own, scene.receipt());
    expect(await scene.takeBack(own)).toBe(200);
    await scene.minutes(2);
    expect(await scene.grown()).toEqual({ paybill_float: -given, receivables: given });
    expect(await open(own)).toEqual([{ kind: 'taken_back_short' }]);
    expect(await documentsOf(owed.paymentId)).toEqual([
      { kind: 'receipt', total_cents: String(paid * 100) },
      { kind: 'credit_note', total_cents: String(given * 100) },
      ...(part ? [{ kind: 'credit_note', total_cents: String((paid - part) * 100) }] : []),
    ]);
  },
  60_000,
);

test('a deposit that sold two orders in turn is taken back with the sale and the VAT of the one that it counts for', async () => {
  const { sql } = stage.world.database;
  await sql(
    "insert into items (sku, name, kind, price_cents, vat_class, updated_at) values ('mug7', 'Mug', 'product', 190300, 'B', now())",
  );
  const scene = await openScene(stage);
  const order = async (phone: string) => {
    const body = { phoneNumber: phone, items: [{ sku: 'mug7', quantity: 1 }] };
    const response = await stage.world.send('POST', '/api/payments/stk-push', { body, ip: `10.99.0.${phone.slice(-2)}` });
    const { paymentId, reference } = (await response.json()) as { paymentId: string; reference: string };
    const prompt = stage.safaricom.prompts.find((asked) => asked.reference === reference);
    const callbackPath = new URL(prompt?.callbackUrl ?? '').pathname;
    return { paymentId, reference, phone, checkoutRequestId: prompt?.checkoutRequestId ?? '', callbackPath } as Awaited<
      ReturnType<typeof scene.owe>
    >;
  };
  const [one, two] = [await order(newPhones().other), await order(newPhones().other)];
  const [own, others] = [scene.receipt(), scene.receipt()];
  await scene.minutes(6);
  await scene.told(others, 1903, one.reference, one.phone);
  await scene.minutes(2);
  await scene.calledBack(one, own, 1903);
  await scene.minutes(2);
  await scene.calledBack(two, others, 1903);
  await scene.minutes(5);
  await giveBackInPortal(others, scene.receipt());
  expect(await scene.takeBack(others)).toBe(200);
  await scene.minutes(2);
  const [{ net, vat } = { net: 0, vat: 0 }] = await sql<{ net: number; vat: number }>(
    "select (i.vat -> 0 ->> 'netCents')::int as net, (i.vat -> 0 ->> 'vatCents')::int as vat from invoices i where i.payment_id = $1",
    [one.paymentId],
  );
  expect(net + vat).toBe(190_300);
  expect(await scene.grown()).toEqual({ paybill_float: 1903, sales: Math.trunc(net / 100), vat_payable: Math.trunc(vat / 100) });
  expect(await scene.payment(one)).toMatchObject({ status: 'paid' });
  expect(await scene.payment(two)).toMatchObject({ status: 'reversed' });
}, 60_000);

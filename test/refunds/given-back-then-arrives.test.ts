import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// A refund was taken for rejected, the whole payment was given back in the portal and taken back, and then the refund arrives: the credit notes are the invoice and no more.

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  await world.database.sql(
    "insert into items (sku, name, kind, price_cents, vat_class, updated_at) values ('book', 'Book', 'product', 50000, 'D', now())",
  );
  await payBill(world, { account: 'SHAMBA', amountShillings: 20_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

async function send(path: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  expect(response.ok).toBe(true);
  return (await response.json()) as Record<string, unknown>;
}

/** The conversation of a payout that M-PESA pays while its result says that it does not. */
async function lost(payoutId: unknown): Promise<string> {
  world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
  await send(`/api/payouts/${payoutId}/decision`, {});
  await world.pass(1);
  await world.clock.advance(10_000);
  const [row] = await world.database.sql<{ id: string; conversation: string }>(
    'select id, conversation_id as conversation from withdrawals where payout_id = $1',
    [payoutId],
  );
  const [id, conversation] = [row?.id ?? '', row?.conversation ?? ''];
  const says = { ResultType: 0, ResultCode: 2040, ResultDesc: 'x', OriginatorConversationID: id, ConversationID: conversation };
  const token = makeCallbackToken(world.app.config.callback.tokenKeys, 'b2c', id);
  await world.send('POST', `/api/callbacks/b2c/${token}/result`, { body: { Result: { ...says, TransactionID: 'SG20000000' } } });
  await world.pass(1);
  return conversation;
}

test.each([
  ['a sale and a donation', [{ sku: 'book' }, { sku: 'gift', amount: 300 }]],
  ['a donation and a sale', [{ sku: 'gift', amount: 300 }, { sku: 'book' }]],
])('%s of one VAT class', async (_, items) => {
  const { paymentId, prompt } = await push(world, { items });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(6);
  const [deposit] = await world.database.sql<{ id: string; receipt: string }>('select id, receipt from deposits where payment_id = $1', [
    paymentId,
  ]);
  const start = await balances(world.app.db);
  const conversation = await lost((await send('/api/refunds', { paymentId, method: 'b2c', reason: 'Returned' })).payoutId);
  world.simulator.control.reverseByHand({ receipt: deposit?.receipt ?? '', amountShillings: 800 });
  await world.clock.advance(60_000);
  await importedAndSigned(world, (await exported(world)).bytes);
  await send(`/api/deposits/${deposit?.id}/take-back`, { reason: 'Given back' });
  await world.simulator.control.redeliverResult(conversation);
  await world.settled();
  await world.pass(3);

  const notes = await world.database.sql(
    "select sum(total_cents + rounding_cents)::int as cents from invoices where payment_id = $1 and kind = 'credit_note'",
    [paymentId],
  );
  const end = await balances(world.app.db);
  const grown = ['receivables', 'paybill_float', 'refunds'].map((account) => Number((end[account] ?? 0n) - (start[account] ?? 0n)));
  expect([notes, grown]).toEqual([[{ cents: 80_000 }], [80_000, -160_000, 0]]);
});

import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import type { World } from './world.ts';

export type Prompt = ReturnType<World['simulator']['control']['prompts']>[number];

export type Pushed = { response: Response; body: Record<string, unknown>; paymentId: string; prompt: Prompt | undefined };

let nextPhone = 700_000_100;

/** A phone nobody has used in this test file. */
export const newPhone = (): string => `254${nextPhone++}`;

/** Has a customer prompted through the real function, and finds the prompt that the simulator shows for it. */
export async function push(world: World, body: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Pushed> {
  const phoneNumber = newPhone();
  const response = await world.send('POST', '/api/payments/stk-push', {
    body: { phoneNumber, items: [{ sku: 'coffee' }], ...body },
    headers,
  });
  const answered = (await response.clone().json()) as Record<string, unknown>;
  const prompt = world.simulator.control.prompts().find(({ accountReference }) => accountReference === answered.reference);
  return { response, body: answered, paymentId: String(answered.paymentId), prompt };
}

/** The newest attempt of a payment. */
export async function latestAttempt(world: World, paymentId: string): Promise<{ id: string; state: string; path: string }> {
  const [row] = await world.database.sql<{ id: string; state: string }>(
    'select a.id, a.state from attempts a join payments p on p.latest_attempt_id = a.id where p.id = $1',
    [paymentId],
  );
  if (!row) throw new Error('That payment has no attempt.');
  return { ...row, path: `/api/callbacks/stk/${makeCallbackToken(world.app.config.callback.tokenKeys, 'stk', row.id)}` };
}

/** A callback as Safaricom writes it, for a prompt of ours. */
export function callbackBody(
  prompt: Prompt,
  changes: { resultCode?: number | string; amount?: unknown; receipt?: string; phone?: unknown; checkoutRequestId?: string } = {},
): string {
  const {
    resultCode = 0,
    amount = prompt.amountShillings,
    receipt = 'UKL0000001',
    phone = Number(prompt.phone),
    checkoutRequestId = prompt.checkoutRequestId,
  } = changes;
  const Item = [
    { Name: 'Amount', Value: amount },
    { Name: 'MpesaReceiptNumber', Value: receipt },
    { Name: 'Balance' },
    { Name: 'TransactionDate', Value: 20261121120030 },
    { Name: 'PhoneNumber', Value: phone },
  ];
  const result = {
    MerchantRequestID: 'b31f-4564-95fc-12ecddde605b14769223',
    CheckoutRequestID: checkoutRequestId,
    ResultCode: resultCode,
    ResultDesc: 'recorded words vary',
  };
  return JSON.stringify({ Body: { stkCallback: resultCode === 0 ? { ...result, CallbackMetadata: { Item } } : result } });
}

/** A payment's status through the real function. */
export async function statusOf(world: World, paymentId: string): Promise<Record<string, unknown>> {
  return (await world.send('GET', `/api/payments/${paymentId}`)).json() as Promise<Record<string, unknown>>;
}

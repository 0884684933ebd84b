import { newPhone, push } from '../world/checkout.ts';
import type { World } from '../world/world.ts';

export type Headers = { authorization: string };
type Answer = { status: number; body: Record<string, unknown> };

/** A file of payees as a spreadsheet saves it. */
export const csvOf = (lines: { phone?: string; amount: number | string; name?: string; reference?: string }[]): string =>
  [
    'phone,amount,name,reference',
    ...lines.map(({ phone = newPhone(), amount, name = '', reference = '' }) => [phone, amount, name, reference].join(',')),
  ].join('\r\n');

/** Sends a file of payees. */
export async function upload(world: World, file: string, by: Headers, more = ''): Promise<Answer> {
  const body = new TextEncoder().encode(file);
  const response = await world.send('POST', `/api/bulk-payouts?reason=Wages${more}`, {
    body,
    headers: { ...by, 'content-type': 'text/csv' },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

export async function post(world: World, path: string, body: unknown, by: Headers): Promise<Answer> {
  const response = await world.send('POST', path, { body, headers: by });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Approves a bulk payout by the hash that its requester was told. */
export const approve = (world: World, { bulkId, hash }: Record<string, unknown>, by: Headers, more: object = {}): Promise<Answer> =>
  post(world, `/api/bulk-payouts/${bulkId}/decision`, { hash, ...more }, by);

type Seen = {
  state: string;
  hash: string;
  progress: Record<string, { lines: number; amount: number }>;
  repeats: number;
  float: { available: number; short: number };
  lines: { line: number; state: string; why: string | null; payoutId: string | null; phoneNumber?: string; repeats: object[] }[];
  nextCursor: string | null;
};

/** A bulk payout as its page shows it. */
export async function see(world: World, bulkId: unknown, by: Headers, query = ''): Promise<Seen> {
  const response = await world.send('GET', `/api/bulk-payouts/${bulkId}${query}`, { headers: by });
  return (await response.json()) as Seen;
}

/** How many lines stand how, only those states that occur. */
export const counts = ({ progress }: Seen): Record<string, number> =>
  Object.fromEntries(Object.entries(progress).flatMap(([state, { lines }]) => (lines > 0 ? [[state, lines]] : [])));

/** Fills the paybill: 200,000 shillings for each customer. */
export async function fill(world: World, customers: number): Promise<void> {
  for (let n = 0; n < customers; n++) {
    const phoneNumber = newPhone();
    world.simulator.control.setBalance(phoneNumber, 250_000);
    const { prompt } = await push(world, { phoneNumber, items: [{ sku: 'coffee', quantity: 160 }] });
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(1);
  }
}

/** How much Safaricom has sent for us, in cents. */
export const sentCents = (world: World): bigint => BigInt(world.simulator.control.truth().sentCents);

import { nairobiDay } from '#ground/time/nairobi.ts';
import { toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';
import { paybillUrls } from '#mpesa/paybill/paybill-address.ts';
import { newPhone } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import type { World } from '../world/world.ts';

/** What a notice says when nothing else is wanted, in Safaricom's words. */
export type Notice = Partial<Record<string, unknown>>;

let receipts = 0;

const DAYS = '123456789ABCDEFGHIJKLMNOPQRSTUV';

/** A receipt that no other notice of this test file has: of 21 November 2026, or of the day in Nairobi on which `at` falls. */
export function newReceipt(at = new Date('2026-11-21T09:00:00Z')): string {
  receipts += 1;
  const [year = 0, month = 0, day = 0] = nairobiDay(at).split('-').map(Number);
  const code = String.fromCharCode(65 + year - 2006, 64 + month) + DAYS.charAt(day - 1);
  return `${code}${String(receipts).padStart(7, '0')}`;
}

/** What tells a notice of now: a receipt of the day, and M-PESA's time. */
export function tellsNow({ clock }: World): { TransID: string; TransTime: string } {
  const at = clock.now();
  return { TransID: newReceipt(at), TransTime: toNairobiTimestamp(at) };
}

/** The paths under which Safaricom tells this world of paybill payments. */
export function noticePaths({ app }: World): { confirmation: string; validation: string } {
  const { confirmationUrl, validationUrl } = paybillUrls(app.config);
  return { confirmation: new URL(confirmationUrl).pathname, validation: new URL(validationUrl).pathname };
}

/** A notice as Safaricom writes it: every value is text. */
export const noticeBody = (changes: Notice = {}): string =>
  JSON.stringify({
    TransactionType: 'Pay Bill',
    TransID: newReceipt(),
    TransTime: '20261121120030',
    TransAmount: '1250.00',
    BusinessShortCode: '174379',
    BillRefNumber: '',
    InvoiceNumber: '',
    OrgAccountBalance: '57568.00',
    ThirdPartyTransID: '',
    MSISDN: '2547 ***** 126',
    FirstName: 'WANJIKU',
    ...changes,
  });

let customers = 0;

/** A payment that somebody new owes, from an address of their own, so that no limit is met. */
export async function owe(
  world: World,
  sku = 'coffee',
  phoneNumber = newPhone(),
  email?: string,
): Promise<{ paymentId: string; reference: string }> {
  customers += 1;
  const body = { phoneNumber, email, items: [{ sku }] };
  const response = await world.send('POST', '/api/payments/stk-push', { body, ip: `198.18.${customers >> 8}.${customers & 255}` });
  return (await response.json()) as { paymentId: string; reference: string };
}

export const confirm = (world: World, body: string): Promise<Response> => world.send('POST', noticePaths(world).confirmation, { body });

/** What Safaricom is told when it asks whether a payment is wanted. */
export async function validate(world: World, body: string): Promise<unknown> {
  const response = await world.send('POST', noticePaths(world).validation, { body });
  return response.json();
}

/** Has the addresses registered through the real function. */
export async function register(world: World, body: Record<string, unknown> = {}): Promise<Response> {
  return world.send('POST', '/api/paybill/register-urls', { body, headers: await operator(world, 'mpesa:register') });
}

/** Lets a customer pay the paybill by themselves, and waits until Safaricom has told of it. */
export async function payBill(world: World, order: { account: string; amountShillings?: number; phone?: string }) {
  const paid = await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 1250, ...order });
  await world.clock.advance(10_000);
  await world.settled();
  return paid;
}

type Deposit = {
  depositId: string;
  waiting: number;
  typedReference: string;
  receipt: string;
  maskedPhone: string | null;
  payerName: string | null;
  suggestions: { paymentId: string; reference: string; reasons: string[] }[];
};

/** What waits for a person, through the real function. */
export async function deposits(world: World, state = 'suspense'): Promise<Deposit[]> {
  const response = await world.send('GET', `/api/deposits?state=${state}`, { headers: await operator(world, 'deposits:match') });
  return ((await response.json()) as { deposits: Deposit[] }).deposits;
}

/** Matches as an operator does. */
export async function match(world: World, depositId: string, body: unknown): Promise<Response> {
  return world.send('POST', `/api/deposits/${depositId}/match`, { body, headers: await operator(world, 'deposits:match') });
}

/** Open tasks by kind. */
export async function openTasks(world: World): Promise<Record<string, number>> {
  const rows = await world.database.sql<{ kind: string; n: number }>(
    'select kind, count(*)::int as n from reviews where closed_at is null group by kind order by kind',
  );
  return Object.fromEntries(rows.map(({ kind, n }) => [kind, n]));
}

import { expect } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { newPhone } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

type Headers = { authorization: string };
type Body = Record<string, unknown>;
type Answer = { status: number; body: Body };

let addresses = 0;

/** An address from which nobody has asked in this test file. */
const newAddress = (): string => `198.51.100.${addresses++ % 250}`;

/** A world that takes booking fees: the organisation's server with its key, a treasurer who approves payouts, and what they do through the real functions. */
export async function openMarketplace() {
  const world = await startWorld({ environment: { LIMIT_PROMPTS_PER_ADDRESS_HOUR: '20' } });
  await world.database.sql(`insert into items (sku, name, kind, price_cents, vat_class, updated_at) values
    ('match', 'Matching fee', 'booking_fee', 116000, 'B', now()), ('odd', 'Odd fee', 'booking_fee', 90050, 'B', now()),
    ('tiny', 'Tiny fee', 'booking_fee', 500, 'B', now())`);
  const server = await operator(world, 'bookings:write');
  const approver = await signedIn(world, 'treasurer');

  async function send(path: string, body: Body, headers?: Record<string, string>, ip = newAddress()): Promise<Answer> {
    const response = await world.send('POST', path, { body, ip, ...(headers && { headers }) });
    return { status: response.status, body: (await response.json()) as Body };
  }
  const book = (body: Body = {}, headers: Record<string, string> = server) =>
    send('/api/bookings', { sku: 'match', phoneNumber: newPhone(), ...body }, headers);
  const prompt = (bookingId: unknown, phoneNumber: string) => send('/api/payments/stk-push', { bookingId, phoneNumber });

  async function show(bookingId: unknown, headers?: Headers): Promise<Body> {
    return (await (await world.send('GET', `/api/bookings/${bookingId}`, headers && { headers })).json()) as Body;
  }
  async function payByPrompt(bookingId: unknown, phoneNumber: string): Promise<void> {
    const { body } = await prompt(bookingId, phoneNumber);
    const shown = world.simulator.control.prompts().find(({ accountReference }) => accountReference === body.reference);
    await world.simulator.control.answer(shown?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(1);
  }
  return {
    ...{ world, server, send, book, prompt, show, payByPrompt },
    resolve: (bookingId: unknown, body: Body, headers: Headers = server) => send(`/api/bookings/${bookingId}/resolve`, body, headers),
    decidePayout: (payoutId: unknown, decision: 'approve' | 'decline' = 'approve') =>
      send(`/api/payouts/${payoutId}/decision`, { decision }, approver),
    /** A booking whose fee is held, paid by the phone that booked. */
    async held(body: Body = {}, phoneNumber = newPhone()): Promise<string> {
      const booked = await book({ phoneNumber, ...body });
      await payByPrompt(booked.body.bookingId, phoneNumber);
      expect(await show(booked.body.bookingId)).toMatchObject({ state: 'matching', paymentStatus: 'paid' });
      return String(booked.body.bookingId);
    },
    /** The payout of a booking as its server sees it. */
    async payoutOf(bookingId: unknown): Promise<Body> {
      return (await show(bookingId, server)).payout as Body;
    },
    sentCents: (): bigint => BigInt(world.simulator.control.truth().sentCents),
  };
}
export type Marketplace = Awaited<ReturnType<typeof openMarketplace>>;

/** By how much a piece of work moves each account. */
export async function movedBy(world: World, work: () => Promise<unknown>): Promise<Record<string, bigint>> {
  const before = await balances(world.app.db);
  await work();
  const after = await balances(world.app.db);
  const changes = Object.entries(after).map(([account, cents]) => [account, cents - (before[account] ?? 0n)] as const);
  return Object.fromEntries(changes.filter(([, cents]) => cents !== 0n));
}

/** The float is Safaricom's, and escrow is what nobody has decided about yet, to the cent. */
export async function expectBooksToBalance(world: World): Promise<void> {
  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
  const [open] = await world.database.sql<{ cents: string }>(
    "select coalesce(sum(p.amount_cents), 0) as cents from bookings b join payments p on p.id = b.id where b.state in ('held', 'disputed')",
  );
  expect((await balances(world.app.db)).booking_escrow).toBe(BigInt(open?.cents ?? 0));
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Marketplace, openMarketplace } from '../bookings/marketplace.ts';
import { confirm, deposits, noticeBody, register, tellsNow } from '../paybill/paybill.ts';
import { callbackBody, latestAttempt, newPhone, type Prompt, push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { type Signed, signIn, signInAs } from '../world/people.ts';
import type { World } from '../world/world.ts';
import { kindsOf, timelineOf } from './timelines.ts';

const NOBODY = '01930000-0000-7000-8000-000000000009';
const MAIL = 'asha@example.com';

let market: Marketplace;
let world: World;
let [treasurer, admin, customer]: Signed[] = [];
let [paymentId, payoutId]: string[] = [];

beforeAll(async () => {
  market = await openMarketplace();
  world = market.world;
  await register(world);
  treasurer = await signInAs(world, 'treasurer');
  admin = await signInAs(world, 'admin');
  customer = await signIn(world);
  const pushed = await push(world, { phoneNumber: customer.phone, email: MAIL, name: 'Asha Mwangi' });
  paymentId = pushed.paymentId;
  await world.simulator.control.answer(pushed.prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
  const refund = await world.send('POST', '/api/refunds', {
    ...{ headers: treasurer.headers, body: { paymentId, amount: 50, reason: 'Half of it was cold' } },
  });
  payoutId = ((await refund.json()) as { payoutId: string }).payoutId;
  await world.send('POST', `/api/payouts/${payoutId}/decision`, { headers: admin.headers, body: {} });
  await world.pass(3);
});
afterAll(() => world.stop());

const CAME = ['requested', 'prompt_written', 'safaricom_said', 'safaricom_said', 'money_came', 'money_proved', 'money_booked'];

describe('a payment', () => {
  test('has all that happened to it, in the order of time, in words, with amounts, links, and who did it', async () => {
    const timeline = await timelineOf(world, `payments/${paymentId}`, treasurer);
    expect(kindsOf(timeline).slice(0, 7)).toEqual(CAME);
    expect(kindsOf(timeline)).toEqual(
      expect.arrayContaining([
        ...['invoice_drafted', 'invoice_numbered', 'invoice_mailed', 'payment_paid', 'payout_requested', 'refund_requested'],
        ...['payout_approved', 'part_sent', 'part_paid', 'payout_paid'],
      ]),
    );
    const times = timeline.entries.map(({ at }) => at);
    expect(times).toEqual(times.toSorted());
    const entry = (kind: string) => timeline.entries.find((each) => each.kind === kind);
    expect(entry('prompt_written')).toMatchObject({
      says: `A prompt for KES 1,250 to the phone that ends in ${customer?.phone.slice(-3)}. It was paid.`,
      ...{ amount: 1250, links: [`/api/payments/${paymentId}/timeline`], by: null },
    });
    expect(entry('payout_requested')).toMatchObject({
      amount: 50,
      ids: { payoutId },
      name: 'A treasurer',
      links: [`/api/payouts/${payoutId}/timeline`],
    });
    expect(entry('payout_approved')).toMatchObject({ by: expect.stringMatching(/^person:/), name: 'A admin' });
    expect(entry('money_came')?.says).toMatch(
      /^KES 1,250 came, M-PESA code \w{10}\. What the books say of it was reported by its prompt\.$/,
    );
    for (const { says } of timeline.entries) expect(says).toMatch(/^[A-Z].*\.$/);
  });

  test('says when Safaricom was asked how a prompt ended, how often, and what it answered', async () => {
    const phoneNumber = newPhone();
    world.simulator.control.plan({ phone: phoneNumber, outcome: 'cancelled', lost: true });
    const pushed = await push(world, { phoneNumber });
    for (let minute = 0; minute < 4; minute++) {
      await world.clock.advance(60_000);
      await world.pass(1);
    }
    const [attempt] = await world.database.sql<{ queries: number }>('select queries from attempts where payment_id = $1', [
      pushed.paymentId,
    ]);
    const { entries } = await timelineOf(world, `payments/${pushed.paymentId}`, treasurer);
    expect(attempt?.queries).toBeGreaterThan(0);
    expect(entries.find(({ kind }) => kind === 'prompt_queried')?.says).toBe(
      `Safaricom was asked how the prompt ended: the last of ${attempt?.queries} times.`,
    );
    expect(entries.filter(({ kind }) => kind === 'safaricom_said').map(({ says }) => says)).toContainEqual(expect.stringMatching(/quer/i));
  });

  test('shows no phone, name, address, reason or secret in clear, to nobody', async () => {
    const { path } = await latestAttempt(world, paymentId ?? '');
    for (const by of [treasurer, customer]) {
      const said = JSON.stringify(await timelineOf(world, `payments/${paymentId}`, by));
      for (const secret of [customer?.phone.slice(3) ?? '', MAIL, 'Asha', 'cold', path.split('/').at(-1) ?? '', 'ws_CO'])
        expect(said).not.toContain(secret);
    }
  });

  test('comes in pages without loss or repeat, also of one moment', async () => {
    const whole = (await timelineOf(world, `payments/${paymentId}`, treasurer)).entries;
    for (const limit of [1, 4]) {
      const seen: unknown[] = [];
      for (let next: string | null = ''; next !== null; ) {
        const page = await timelineOf(world, `payments/${paymentId}`, treasurer, `limit=${limit}${next && `&cursor=${next}`}`);
        expect(page.entries.length).toBeLessThanOrEqual(limit);
        seen.push(...page.entries);
        next = page.nextCursor;
      }
      expect(seen).toEqual(whole);
    }
  });

  test.each(['limit=0', 'limit=501', 'cursor=x', 'unknown=1'])('refuses what it cannot read: %s', async (query) => {
    expect(await timelineOf(world, `payments/${paymentId}`, treasurer, query)).toMatchObject({ status: 400, code: 'invalid_input' });
  });

  test('costs one round trip', async () => {
    await world.database.resetRoundTrips();
    await timelineOf(world, `payments/${paymentId}`, treasurer);
    expect(await world.database.roundTrips()).toBe(2); // one for who asks
  });

  test('has what Safaricom said that was not believed, the task about it, and what people did, not what they wrote', async () => {
    const { paymentId: other, prompt } = await push(world);
    const { path } = await latestAttempt(world, other);
    await world.send('POST', path, { body: JSON.parse(callbackBody(prompt as Prompt, { amount: 1 })) });
    const [task] = await world.database.sql<{ id: string }>("select id from reviews where kind = 'evidence_amount_differs'");
    await world.send('POST', `/api/tasks/${task?.id}/assign`, { headers: treasurer?.headers ?? {}, body: { assignee: 'me' } });
    await world.send('POST', `/api/tasks/${task?.id}/note`, { headers: treasurer?.headers ?? {}, body: { note: 'Juma says he paid' } });
    await world.send('POST', `/api/tasks/${task?.id}/close`, { headers: treasurer?.headers ?? {}, body: { note: 'A lie' } });
    const timeline = await timelineOf(world, `payments/${other}`, treasurer);
    expect(timeline.entries.map(({ says }) => says)).toContain(
      "Safaricom's callback disagrees with what we know (amount differs), and booked nothing.",
    );
    expect(kindsOf(timeline)).toEqual(expect.arrayContaining(['task_opened', 'task_assigned', 'task_noted', 'task_closed']));
    expect(timeline.entries.find(({ kind }) => kind === 'task_closed')).toMatchObject({
      name: 'A treasurer',
      links: [`/api/tasks/${task?.id}`],
    });
    expect(JSON.stringify(timeline)).not.toMatch(/Juma|A lie/);
  });

  test('that money without a reference was matched to says who matched it', async () => {
    const { paymentId: other } = await push(world);
    const told = tellsNow(world);
    await confirm(world, noticeBody({ BillRefNumber: 'SHAMBA', TransAmount: '1250', ...told }));
    const deposit = (await deposits(world)).find(({ receipt }) => receipt === told.TransID);
    const matched = await world.send('POST', `/api/deposits/${deposit?.depositId}/match`, {
      ...{ headers: treasurer?.headers ?? {}, body: { paymentId: other } },
    });
    expect(matched.status).toBe(200);
    const timeline = await timelineOf(world, `payments/${other}`, treasurer);
    expect(timeline.entries.find(({ kind }) => kind === 'money_came')?.says).toMatch(
      /^KES 1,250 came.* was reported by a paybill notice\.$/,
    );
    expect(timeline.entries.find(({ kind }) => kind === 'deposit_matched')).toMatchObject({ name: 'A treasurer' });
    expect(kindsOf(timeline)).toContain('task_opened');
  });
});

describe('who sees a payment', () => {
  test('a customer sees what is meant for them of their own, and not who did what', async () => {
    const timeline = await timelineOf(world, `payments/${paymentId}`, customer);
    expect(timeline.status).toBe(200);
    const shown = new Set(kindsOf(timeline));
    for (const kind of ['requested', 'prompt_written', 'money_came', 'invoice_mailed', 'part_paid']) expect(shown).toContain(kind);
    for (const kind of ['safaricom_said', 'task_opened', 'payout_requested', 'refund_requested', 'payout_approved', 'money_booked'])
      expect(shown).not.toContain(kind);
    for (const entry of timeline.entries) {
      for (const field of ['by', 'name', 'requestId', 'before', 'after']) expect(entry).not.toHaveProperty(field);
      for (const link of entry.links) expect(link).toMatch(/^\/api\/(payments|invoices|loans)\//);
    }
  });

  test("a stranger and a member see nothing of somebody else's, as of one that does not exist", async () => {
    const told = async (id: string | undefined, by: Signed) => {
      const { status, code } = await timelineOf(world, `payments/${id}`, by);
      return [status, code];
    };
    for (const by of [await signIn(world), await signInAs(world, 'member')]) {
      expect(await told(paymentId, by)).toEqual([404, 'payment_not_found']);
      expect(await told(NOBODY, by)).toEqual([404, 'payment_not_found']);
    }
    expect((await timelineOf(world, `payments/${paymentId}`, undefined)).status).toBe(401);
  });

  test('the owner of a payment sees their part of money that was divided, and nothing that leads to whoever else was paid with it', async () => {
    const mine = await push(world, { phoneNumber: customer?.phone ?? '' });
    const others = await push(world);
    const told = tellsNow(world);
    await confirm(world, noticeBody({ BillRefNumber: 'GROUP', TransAmount: '3000', ...told }));
    const deposit = (await deposits(world)).find(({ receipt }) => receipt === told.TransID);
    const parts = [{ paymentId: others.paymentId }, { paymentId: mine.paymentId }];
    const matched = await world.send('POST', `/api/deposits/${deposit?.depositId}/match`, {
      headers: treasurer?.headers ?? {},
      body: { parts },
    });
    expect(matched.status).toBe(200);
    await world.database.sql('update deposits set payment_id = $1 where id = $2', [others.paymentId, deposit?.depositId]);
    const timeline = await timelineOf(world, `payments/${mine.paymentId}`, customer);
    expect(timeline.entries.find(({ kind }) => kind === 'money_came')).toMatchObject({ amount: 1250, ids: { paymentId: mine.paymentId } });
    for (const others_ of [others.paymentId, deposit?.depositId, told.TransID, '3000', '3,000'])
      expect(JSON.stringify(timeline)).not.toContain(others_);
    expect(JSON.stringify(await timelineOf(world, `payments/${mine.paymentId}`, treasurer))).toContain(others.paymentId);
  });

  test('a key opens an invoice only with the right to read payments or to send invoices', async () => {
    const open = async (headers: Record<string, string>) => (await world.send('GET', `/api/invoices/${paymentId}.pdf`, { headers })).status;
    for (const scope of ['loans:read', 'tasks:read', 'members:read'] as const) expect(await open(await operator(world, scope))).toBe(403);
    for (const scope of ['payments:read', 'invoices:send'] as const) expect(await open(await operator(world, scope))).toBe(200);
    expect(await open({})).toBe(200);
  });

  test('a key sees names only with the right to read members, and tasks only with the right to read tasks', async () => {
    const seen = async (...scopes: Parameters<typeof operator>[1][]) => {
      const { entries } = await timelineOf(world, `payments/${paymentId}`, { headers: await operator(world, 'payments:read', ...scopes) });
      return entries.find(({ kind }) => kind === 'payout_approved');
    };
    expect(await seen()).toMatchObject({ by: expect.stringMatching(/^person:/), name: null });
    expect(await seen('members:read')).toMatchObject({ name: 'A admin' });
    const { paymentId: other, prompt } = await push(world);
    const { path } = await latestAttempt(world, other);
    await world.send('POST', path, { body: JSON.parse(callbackBody(prompt as Prompt, { amount: 2 })) });
    const kinds = async (...scopes: Parameters<typeof operator>[1][]) =>
      kindsOf(await timelineOf(world, `payments/${other}`, { headers: await operator(world, 'payments:read', ...scopes) }));
    expect(await kinds()).not.toContain('task_opened');
    expect(await kinds('tasks:read')).toContain('task_opened');
  });
});

describe('a payout', () => {
  test('has each step of each of its parts', async () => {
    const timeline = await timelineOf(world, `payouts/${payoutId}`, treasurer);
    expect(kindsOf(timeline)).toEqual(
      expect.arrayContaining(['payout_requested', 'payout_approved', 'part_sent', 'safaricom_said', 'part_paid', 'payout_paid']),
    );
  });

  test('that was declined has no more', async () => {
    const asked = await world.send('POST', '/api/payouts', {
      ...{ headers: treasurer?.headers ?? {}, body: { phoneNumber: newPhone(), amount: 100, reason: 'Supplier' } },
    });
    const { payoutId: declined } = (await asked.json()) as { payoutId: string };
    await world.send('POST', `/api/payouts/${declined}/decision`, { headers: admin?.headers ?? {}, body: { decision: 'decline' } });
    expect(kindsOf(await timelineOf(world, `payouts/${declined}`, treasurer))).toEqual(['payout_requested', 'payout_declined']);
  });

  test('is not for customers, and one that does not exist is not found', async () => {
    expect((await timelineOf(world, `payouts/${payoutId}`, customer)).status).toBe(403);
    expect(await timelineOf(world, `payouts/${NOBODY}`, treasurer)).toMatchObject({ status: 404, code: 'payout_not_found' });
  });
});

describe('a booking', () => {
  test('has its fee from the prompt to the decision', async () => {
    const payer = await signIn(world, newPhone());
    const bookingId = await market.held({}, payer.phone);
    await market.resolve(bookingId, { action: 'release', to: 'income' });
    const staff = kindsOf(await timelineOf(world, `bookings/${bookingId}`, treasurer));
    expect(staff).toEqual(expect.arrayContaining(['requested', 'booking_created', 'prompt_written', 'booking_held', 'booking_released']));
    expect(kindsOf(await timelineOf(world, `bookings/${bookingId}`, payer))).toContain('booking_released');
    expect((await timelineOf(world, `bookings/${bookingId}`, customer)).status).toBe(404);
  });

  test('is not a payment that is none', async () => {
    expect(await timelineOf(world, `bookings/${paymentId}`, treasurer)).toMatchObject({ status: 404, code: 'booking_not_found' });
  });
});

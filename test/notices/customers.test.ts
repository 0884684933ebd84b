import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TWO_SMS, toSmsText } from '#ground/notify/to-sms-text.ts';
import { CUSTOMER_EVENTS } from '#ground/outbox/message.ts';
import { customerWords } from '#shop/notices/customer-words.ts';
import { stopTokenOf } from '#shop/notices/stop-messages.ts';
import { expectBooksToBalance, type Marketplace, openMarketplace } from '../bookings/marketplace.ts';
import { callbackBody, latestAttempt, newPhone, push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';

let place: Marketplace;
let world: World;
let admin: { authorization: string };
let treasurer: { authorization: string };

beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
});
afterAll(() => world.stop());
beforeEach(async () => {
  [admin, treasurer] = [await signedIn(world, 'admin'), await signedIn(world, 'treasurer')];
});

const smsTo = (phone: string): string[] =>
  world.smsInbox
    .messages()
    .filter(({ to }) => to === phone)
    .map(({ text }) => text);
const mailsTo = (address: string) => world.inbox.messages().filter(({ to }) => to.some(({ email }) => email === address));
const put = async (events: object) => {
  const response = await world.send('PUT', '/api/customer-messages', { body: { events }, headers: admin });
  return { status: response.status, body: (await response.json()) as { events: Record<string, { sms: boolean; email: boolean }> } };
};

describe('a booking', () => {
  test('is told when its fee is held and released, in the language of the customer, by SMS and mail', async () => {
    const [phone, email] = [newPhone(), 'asha@example.com'];
    const bookingId = await place.held({ email, language: 'sw' }, phone);
    await world.pass(2);
    expect(smsTo(phone)).toEqual([
      expect.stringMatching(
        /^Duka la Kahawa: Tumepokea KES 1,160 \([A-Z0-9]{10}\) za nafasi BK-\w{8}\. Ada inashikiliwa hadi uamuzi ufanywe\./,
      ),
    ]);
    await place.resolve(bookingId, { action: 'release', to: 'income' });
    await world.pass(2);
    expect(smsTo(phone)[1]).toMatch(/^Duka la Kahawa: Nafasi BK-\w{8} imekamilika: ada yake ya KES 1,160 imeachiliwa\./);
    const [held] = mailsTo(email).filter(({ subject }) => subject.startsWith('Tumepokea'));
    expect(held?.text).toContain('Umepata barua pepe hii kwa sababu ya malipo kwa Duka la Kahawa.');
    expect(held?.text).toMatch(/Chagua ujumbe unaopata: .*\/messages\?stop=[\w-]{43}/);
  });

  test('that is refunded is told nothing while that is only requested, then that it is on its way once M-PESA has it, then that it was paid', async () => {
    const phone = newPhone();
    const bookingId = await place.held({}, phone);
    await place.resolve(bookingId, { action: 'refund' });
    await world.pass(7);
    expect(smsTo(phone)).toHaveLength(1); // that it was held
    const payout = await place.payoutOf(bookingId);
    world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
    world.simulator.control.plan({ api: 'transactionstatus', next: 2, lost: true });
    await place.decidePayout(payout.payoutId);
    await world.pass(7);
    expect(smsTo(phone)).toHaveLength(2);
    expect(smsTo(phone).at(-1)).toMatch(/The fee of booking BK-\w{8} is refunded: KES 1,160 is on its way to you by M-PESA\./);
    await world.pass(10);
    expect(smsTo(phone)).toHaveLength(3);
    expect(smsTo(phone).at(-1)).toMatch(/KES 1,160 for BK-\w{8} was refunded to you by M-PESA \([A-Z0-9]{10}\)\./);
    await expectBooksToBalance(world);
  });

  test('that was not paid in time is told by mail alone, since nobody knows whose phone it is', async () => {
    const [phone, email] = [newPhone(), 'late@example.com'];
    await place.book({ phoneNumber: phone, email, expiresInHours: 1 });
    await world.clock.advance(61 * 60_000);
    await world.pass(2);
    expect(smsTo(phone)).toEqual([]);
    expect(mailsTo(email).map(({ subject }) => subject)).toEqual([
      expect.stringMatching(/^Booking BK-\w{8} has expired: its fee of KES 1,160 was not paid in time$/),
    ]);
  });

  test('says nothing that is no longer true when the message leaves', async () => {
    const phone = newPhone();
    const bookingId = await place.held({}, phone);
    await world.database.sql("update outbox set sent_at = null, due_at = '2026-01-01' where message ->> 'subjectId' = $1", [bookingId]);
    const before = smsTo(phone).length;
    await place.resolve(bookingId, { action: 'release', to: 'income' });
    await world.pass(2);
    expect(smsTo(phone).slice(before)).toEqual([expect.stringContaining('is complete')]);
  });
});

describe('a payment that was not made', () => {
  const failed = async (code = 1032) => {
    const phone = newPhone();
    const { prompt, paymentId } = await push(world, { phoneNumber: phone });
    if (!prompt) throw new Error('Nobody was prompted.');
    const { path } = await latestAttempt(world, paymentId);
    await world.send('POST', path, { body: callbackBody(prompt, { resultCode: code }) });
    return { phone, paymentId };
  };

  test('is not told unless that is turned on, and promises nothing', async () => {
    const { phone } = await failed();
    await world.pass(8);
    expect(smsTo(phone)).toEqual([]);
    expect(await world.database.sql("select from outbox where message ->> 'event' = 'payment_failed'")).toEqual([]);
  });

  test('is told once nothing can be paid any more, with a way to try again; who has paid meanwhile hears nothing', async () => {
    expect((await put({ payment_failed: { sms: true } })).body.events.payment_failed).toEqual({ sms: true, email: false });
    const [{ phone, paymentId }, again] = [await failed(), await failed()];
    await world.pass(2);
    expect(smsTo(phone)).toEqual([]); // it may still be paid
    const second = await push(world, { phoneNumber: again.phone, paymentId: again.paymentId, items: undefined });
    expect(second.response.status).toBe(201);
    await world.simulator.control.answer(second.prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(6);
    expect(smsTo(phone)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^Duka la Kahawa: KES 1,250 for PY-\\w{8} was not paid\\. You cancelled the request\\. To pay: paybill 174379, account PY-\\w{8}\\. Try again: .*/pay\\?payment=${paymentId}`,
        ),
      ),
    ]);
    expect(smsTo(again.phone)).toEqual([]);
    await put({ payment_failed: { sms: false } });
  });

  test('is not told while a prompt may still be paid: a second one that is open, an earlier one without an end, or its own', async () => {
    await put({ payment_failed: { sms: true } });
    const first = await failed();
    await world.pass(4);
    const second = await push(world, { phoneNumber: first.phone, paymentId: first.paymentId, items: undefined });
    expect(second.response.status).toBe(201); // and is open when the message about the first is due

    const again = await failed();
    await world.pass(2);
    const { prompt, body } = await push(world, { phoneNumber: again.phone, paymentId: again.paymentId, items: undefined });
    if (!prompt) throw new Error(`Nobody was prompted again: ${body.code}`);
    const { path, id } = await latestAttempt(world, again.paymentId);
    await world.send('POST', path, { body: callbackBody(prompt, { resultCode: 1032 }) });
    await world.database.sql(
      "update attempts set payable_until = created_at, state = case when id = $2 then state else 'pending' end where payment_id = $1",
      [again.paymentId, id],
    );
    const dueNow = (subjectId: string) =>
      world.database.sql("update outbox set due_at = $2 where message ->> 'subjectId' = $1 returning id", [subjectId, world.clock.now()]);
    expect(await dueNow(id)).toHaveLength(1);

    const own = await failed();
    expect(await dueNow((await latestAttempt(world, own.paymentId)).id)).toHaveLength(1);
    await world.pass(2);
    expect([first, again, own].map(({ phone }) => smsTo(phone))).toEqual([[], [], []]);
    await put({ payment_failed: { sms: false } });
  });

  test('and that M-PESA never answered is never called failed', async () => {
    await put({ payment_failed: { sms: true } });
    const phone = newPhone();
    world.simulator.control.plan({ next: 1, lost: true });
    const { paymentId } = await push(world, { phoneNumber: phone });
    await world.database.sql("update attempts set state = 'expired', live = false, query_due_at = null where payment_id = $1", [paymentId]);
    await world.database.sql("update payments set state = 'expired' where id = $1", [paymentId]);
    await world.pass(8);
    expect(smsTo(phone)).toEqual([
      expect.stringMatching(
        /We had no answer from M-PESA about KES 1,250 for PY-\w{8}\. If you entered your PIN, do not pay again: write to us with your M-PESA message\./,
      ),
    ]);
    await put({ payment_failed: { sms: false } });
  });
});

describe('a refund', () => {
  const bought = async (body: Record<string, unknown> = {}) => {
    const phone = newPhone();
    const { prompt, paymentId } = await push(world, { phoneNumber: phone, ...body });
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(2);
    return { phone, paymentId };
  };
  const refund = async (paymentId: string) => {
    const response = await world.send('POST', '/api/refunds', { body: { paymentId, amount: 500, reason: 'Returned' }, headers: treasurer });
    const { payoutId } = (await response.json()) as { payoutId: string };
    return place.decidePayout(payoutId);
  };

  test('that leaves at once is told once, as paid; one that M-PESA takes long for as on its way first; one that waits here not at all', async () => {
    const quick = await bought();
    await refund(quick.paymentId);
    await world.pass(6);
    expect(smsTo(quick.phone)).toEqual([
      expect.stringMatching(/^Duka la Kahawa: KES 500 for PY-\w{8} was refunded to you by M-PESA \([A-Z0-9]{10}\)\./),
    ]);

    const slow = await bought();
    sentSlowly();
    await refund(slow.paymentId);
    await world.pass(5);
    expect(smsTo(slow.phone)).toEqual([expect.stringMatching(/Your refund of KES 500 for PY-\w{8} is on its way by M-PESA\./)]);
    await world.pass(12);
    expect(smsTo(slow.phone)).toHaveLength(2);

    const waiting = await bought();
    await world.send('POST', '/api/payouts/stop', { body: { reason: 'Audit' }, headers: treasurer });
    await refund(waiting.paymentId);
    await world.pass(15);
    expect(smsTo(waiting.phone)).toEqual([]);
    await world.send('POST', '/api/payouts/start', { body: { reason: 'Done' }, headers: treasurer });
    await world.pass(12);
    expect(smsTo(waiting.phone)).toEqual([expect.stringMatching(/was refunded to you by M-PESA/)]);
  });

  /** M-PESA takes the next payout, and does not say for minutes how it ended. */
  const sentSlowly = () => {
    world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
    world.simulator.control.plan({ api: 'transactionstatus', next: 1, lost: true });
  };

  test('is not told to whoever has stopped the messages, nor above the cap of the day; another channel still is', async () => {
    const email = 'stop@example.com';
    const { phone, paymentId } = await bought({ email });
    sentSlowly();
    await refund(paymentId);
    await world.pass(5);
    const [mail] = mailsTo(email).filter(({ subject }) => subject.includes('on its way'));
    await world.pass(12);
    expect(mailsTo(email).filter(({ subject }) => /refunded to you/.test(subject))).toEqual([]); // its credit note says so
    expect(mailsTo(email).filter(({ subject }) => /[Cc]redit note/.test(subject))).toHaveLength(1);
    const token = /stop=([\w-]{43})/.exec(mail?.text ?? '')?.[1];
    const stop = (body: object) => world.send('POST', '/api/messages/stop', { body });
    const tokenFor = (address: string) => stopTokenOf(world.app.config, String(paymentId), { channel: 'sms', address });
    const smsToken = tokenFor(phone);
    expect((await stop({ token: tokenFor(newPhone()) })).status).toBe(404); // not a phone of this payment
    expect((await stop({ token: 'x'.repeat(43) })).status).toBe(404);
    for (let n = 0; n < 2; n++) {
      const stopped = await stop({ token: smsToken });
      expect([stopped.status, await stopped.json()]).toEqual([200, { stopped: true, channel: 'sms' }]);
    }
    const outs = () => world.database.sql<{ channel: string }>('select channel from opt_outs order by channel');
    expect(await outs()).toEqual([{ channel: 'sms' }]);
    const before = [smsTo(phone).length, mailsTo(email).length];
    await refund(paymentId);
    await world.pass(6);
    expect(smsTo(phone)).toHaveLength(before[0] ?? 0);
    expect(mailsTo(email).length).toBeGreaterThan(before[1] ?? 0);
    expect((await stop({ token })).status).toBe(200);
    expect((await stop({ token, stop: false })).status).toBe(200);
    expect(await outs()).toEqual([{ channel: 'sms' }]); // the link of a mail lets no SMS come again
    expect((await stop({ token: smsToken, stop: false })).status).toBe(200);
    const trail = () =>
      world.database.sql("select action, after from audit where subject = $1 and action like 'customer_messages_%' order by id", [
        paymentId,
      ]);
    expect(await trail()).toEqual([
      { action: 'customer_messages_stopped', after: { channel: 'sms' } },
      { action: 'customer_messages_stopped', after: { channel: 'email' } },
      { action: 'customer_messages_resumed', after: { channel: 'email' } },
      { action: 'customer_messages_resumed', after: { channel: 'sms' } },
    ]);
    const statuses: number[] = [];
    for (let n = 0; n < 8; n++) statuses.push((await stop({ token, stop: n % 2 === 0 })).status);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
    expect((await trail()).length).toBeLessThanOrEqual(10);

    const capped = await bought();
    const [hash] = await world.database.sql<{ phone_hash: string }>('select phone_hash from payments where id = $1', [capped.paymentId]);
    const day = world.clock.now().toISOString().slice(0, 10);
    await world.database.sql("insert into counters (key, count) values ('notices:sms:' || $1 || ':' || $2, 10)", [hash?.phone_hash, day]);
    await refund(capped.paymentId);
    await world.pass(6);
    expect(smsTo(capped.phone)).toEqual([]);
    const [waits] = await world.database.sql<{ due: string }>(
      "select to_char(due_at at time zone 'Africa/Nairobi', 'HH24:MI') as due from outbox where sent_at is null and message ->> 'kind' = 'customer_notice' order by due_at desc limit 1",
    );
    expect(waits?.due).toBe('08:00');
  });
});

describe('the settings', () => {
  test('are an administrator’s, each for itself, and on the trail', async () => {
    const { body } = await put({ booking_held: { email: false } });
    expect(body.events).toMatchObject({
      booking_held: { sms: true, email: false },
      refund_paid: { sms: true, email: true },
      payment_failed: { sms: false, email: false },
    });
    await put({ booking_held: { email: false } });
    await put({ booking_held: { email: true } });
    const trail = await world.database.sql(
      "select before, after from audit where action = 'customer_messages_chosen' and subject = 'booking_held' order by id",
    );
    expect(trail).toEqual([
      { before: { sms: true, email: true }, after: { sms: true, email: false } },
      { before: { sms: true, email: false }, after: { sms: true, email: true } },
    ]);
    expect((await put({ nothing: { sms: true } })).status).toBe(400);
  });
});

test('a booking that has expired is told above the cap the next morning, but is no news after a day; it waits for all else that is due', async () => {
  const due = async (subject: string) =>
    (
      await world.database.sql<{ urgency: number; said: boolean }>(
        "select urgency, sent_at is not null as said from outbox where message ->> 'kind' = 'customer_notice' and message ->> 'subjectId' = $1 and message ->> 'channel' = 'email'",
        [subject],
      )
    )[0];
  const email = 'flooded@example.com';
  const { body } = await place.book({ phoneNumber: newPhone(), email, expiresInHours: 1 });
  const bookingId = String(body.bookingId);
  const cap = (day: string) =>
    world.database.sql(
      "insert into counters (key, count) select 'notices:email:' || email_hash || ':' || $2, 10 from payments where id = $1 on conflict do nothing",
      [bookingId, day],
    );
  const day = (hours: number) => new Date(world.clock.now().getTime() + (hours + 3) * 3_600_000).toISOString().slice(0, 10);
  for (const hours of [0, 24, 48, 72]) await cap(day(hours));
  await world.pass(62);
  expect(await due(bookingId)).toMatchObject({ urgency: 2, said: false });
  await world.clock.advance(48 * 3_600_000);
  await world.pass(1);
  expect(await due(bookingId)).toMatchObject({ said: true });
  expect(mailsTo(email)).toEqual([]);
});

describe.each(CUSTOMER_EVENTS)('the words of %s', (event) => {
  const facts = {
    ...{
      paymentId: null,
      reference: 'BK-4K7Q2M9X',
      language: null,
      failureCode: '1037',
      newsSince: null,
      hasLeft: true,
      amountCents: 15_000_050n,
      receipt: 'UKL05CLZDL',
      email: null,
      phone: undefined,
    },
  };
  test.each(['en', 'sw'] as const)('fit two SMS of the GSM alphabet in %s', (language) => {
    for (const state of ['failed', 'expired', 'reversed', 'paid'])
      for (const told of [true, false]) {
        const sentences = customerWords(event, { ...facts, state, told }, { paybill: '174379' }, language);
        const whole = [`A cooperative of forty letters in its name: ${sentences[0]}`, ...sentences.slice(1)].join(' ');
        expect(toSmsText([whole], TWO_SMS)).toEqual({ text: whole, said: [true] });
      }
  });
});

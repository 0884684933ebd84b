import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';
import { newPhone, push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { deadMail, deskOf, giveUp, type Headers } from './letters.ts';

let world: World;
let treasurer: Headers;
let desk: ReturnType<typeof deskOf>;
beforeAll(async () => {
  world = await startWorld({ simulator: { delays: { callbackMs: 0 } } });
  treasurer = await signedIn(world, 'treasurer');
  desk = deskOf(world, () => treasurer);
});
afterAll(() => world.stop());
beforeEach(() => world.inbox.clear());

const mailsTo = (email: string) => world.inbox.messages().filter((mail) => JSON.stringify(mail).includes(email));
const deadInHealth = async () =>
  ((await (await world.send('GET', '/api/health', { headers: treasurer })).json()) as { deadLetters: number }).deadLetters;

describe('a mail that was given up', () => {
  test('is listed with the reason and without whose it is; retried, it arrives once, and its task is closed by who retried it', async () => {
    const { letterId, paymentId, email } = await deadMail(world);
    const { letters } = await desk.list('kind=message');
    expect(letters).toEqual([
      {
        ...{ letterId, kind: 'message', what: expect.stringContaining('invoice'), tries: 8, mustStay: null },
        reason: 'SendGrid did not take the mail: HTTP 500',
        at: expect.stringMatching(/^2026-11-21T/),
        about: { message: 'invoice_email', invoiceId: paymentId },
      },
    ]);
    expect(JSON.stringify(letters)).not.toContain(email);
    expect(await deadInHealth()).toBe(1);
    expect(await desk.retry(letterId)).toEqual({ status: 202, body: { letterId, kind: 'message', state: 'queued' } });
    expect([await desk.idsOf('message'), await deadInHealth()]).toEqual([[], 0]);
    await world.pass(3);
    expect(mailsTo(email)).toHaveLength(1);
    expect(await desk.tasksOf(letterId)).toEqual([
      { kind: 'dead_letter', open: false, closed_by: expect.stringMatching(/^person:/), note: 'Retried.' },
    ]);
    expect(await desk.trailOf(letterId)).toMatchObject([{ action: 'dead_letter_retried', after: { kind: 'message' } }]);
    expect(await desk.retry(letterId)).toMatchObject({ status: 409, body: { code: 'letter_not_dead' } });
    expect(await desk.discard(letterId)).toMatchObject({ status: 409, body: { code: 'letter_not_dead' } });
  });

  test('is retried once, however many press at once, and arrives once', async () => {
    const { letterId, email } = await deadMail(world);
    const answers = await Promise.all(Array.from({ length: 8 }, () => desk.retry(letterId)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409, 409, 409, 409, 409]);
    await Promise.all([world.pass(1), desk.retry(letterId)]);
    await world.pass(2);
    expect(mailsTo(email)).toHaveLength(1);
    expect(await desk.trailOf(letterId)).toHaveLength(1);
  });

  test('that fails again has eight new tries, and is a dead letter again with a task of its own', async () => {
    const { letterId, paymentId } = await deadMail(world);
    await desk.retry(letterId);
    world.inbox.failNext(2, 500);
    await world.pass(1);
    const [row] = await world.database.sql('select tries, dead_at from outbox where id = $1', [letterId]);
    expect(row).toEqual({ tries: 1, dead_at: null });
    await giveUp(world, 'invoiceId', paymentId);
    expect(await desk.idsOf('message')).toEqual([letterId]);
    expect((await desk.tasksOf(letterId)).map(({ open }) => open)).toEqual([false, true]);
    await desk.discard(letterId);
  });

  test('that is discarded is never sent, nor promised again by its key; its task is closed with the reason', async () => {
    const { letterId, email } = await deadMail(world);
    expect(await desk.discard(letterId, 'Handed over on paper to 0712 345 678 at 0712345678')).toEqual({
      status: 200,
      body: { letterId, kind: 'message', state: 'discarded' },
    });
    expect([await desk.idsOf('message'), await deadInHealth()]).toEqual([[], 0]);
    const reason = 'Handed over on paper to •••678 at •••678';
    expect(await desk.tasksOf(letterId)).toMatchObject([{ open: false, note: `Discarded: ${reason}` }]);
    expect(await desk.trailOf(letterId)).toMatchObject([{ action: 'dead_letter_discarded', after: { kind: 'message', reason } }]);
    for (const press of [desk.discard, desk.retry])
      expect(await press(letterId)).toMatchObject({ status: 409, body: { code: 'letter_not_dead' } });
    const [row] = await world.database.sql<{ dedupe_key: string }>('select dedupe_key from outbox where id = $1', [letterId]);
    const message = { kind: 'invoice_email', invoiceId: letterId } as const;
    await world.app.db.execute(enqueueSql({ key: row?.dedupe_key ?? '', message, dueAt: world.clock.now() }));
    await world.pass(3);
    expect(mailsTo(email)).toEqual([]);
  });

  test('is either retried or discarded when two people press at once', async () => {
    for (let round = 0; round < 4; round++) {
      const { letterId, email } = await deadMail(world);
      const [retried, discarded] = await Promise.all([desk.retry(letterId), desk.discard(letterId)]);
      expect([retried.status === 202, discarded.status === 200].filter(Boolean)).toHaveLength(1);
      await world.pass(2);
      expect(mailsTo(email)).toHaveLength(retried.status === 202 ? 1 : 0);
      expect(await desk.trailOf(letterId)).toHaveLength(1);
    }
  });
});

describe('the dispatch of a payout that was given up', () => {
  beforeAll(async () => {
    for (let n = 0; n < 2; n++) {
      const phoneNumber = newPhone();
      world.simulator.control.setBalance(phoneNumber, 250_000);
      const { prompt } = await push(world, { phoneNumber, items: [{ sku: 'coffee', quantity: 160 }] });
      await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
      await world.pass(1);
    }
  });

  async function deadDispatch(arrange: () => void) {
    const asked = await desk.post('/api/payouts', { phoneNumber: newPhone(), amount: 900, reason: 'Supplier' });
    await desk.post(`/api/payouts/${asked.body.payoutId}/decision`);
    const [part] = await world.database.sql<{ id: string }>('select id from withdrawals where payout_id = $1', [asked.body.payoutId]);
    arrange();
    await giveUp(world, 'withdrawalId', part?.id ?? '');
    const [letter] = (await desk.list('kind=message')).letters;
    expect(letter).toMatchObject({ about: { message: 'dispatch_withdrawal', withdrawalId: part?.id }, mustStay: expect.any(String) });
    return { withdrawalId: part?.id ?? '', letterId: letter?.letterId ?? '' };
  }
  const stateOf = async (id: string) =>
    (await world.database.sql<{ state: string }>('select state from withdrawals where id = $1', [id]))[0];
  const sentCents = () => BigInt(world.simulator.control.truth().sentCents);

  test.each([
    ['surely refused', 'reserved', () => world.simulator.control.fault({ api: 'b2c', fault: 'throttled' })],
    ['not reached', 'unknown', () => world.simulator.control.fault({ api: 'b2c', fault: 'drop-before' })],
    [
      'taken without a word',
      'unknown',
      () => {
        world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
        world.simulator.control.fault({ api: 'b2c', fault: 'drop-after' });
        world.simulator.control.fault({ api: 'transactionstatus', fault: 'drop-before', times: 2 });
      },
    ],
  ] as const)('stays until it is retried, and pays once: it was %s', async (_, state, arrange) => {
    const before = sentCents();
    const { letterId, withdrawalId } = await deadDispatch(arrange);
    expect(await stateOf(withdrawalId)).toEqual({ state });
    expect(await desk.discard(letterId, 'We paid by bank')).toMatchObject({
      status: 409,
      body: { code: 'letter_must_stay', detail: expect.stringContaining('paid once') },
    });
    expect((await desk.tasksOf(letterId))[0]).toMatchObject({ open: true });
    const answers = await Promise.all([desk.retry(letterId), desk.retry(letterId), desk.retry(letterId)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    await world.pass(40);
    expect(await stateOf(withdrawalId)).toEqual({ state: 'paid' });
    expect(sentCents() - before).toBe(90_000n);
    const books = await booksBalance(world);
    expect(books.floatCents).toBe(books.truthCents);
  });

  test('pays nothing more when its payout has ended before it is retried', async () => {
    const before = sentCents();
    const { letterId, withdrawalId } = await deadDispatch(() => {
      world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
      world.simulator.control.fault({ api: 'b2c', fault: 'drop-after' });
    });
    await world.pass(20);
    expect(await stateOf(withdrawalId)).toEqual({ state: 'paid' });
    expect((await desk.retry(letterId)).status).toBe(202);
    await world.pass(5);
    expect(await desk.idsOf('message')).toEqual([]);
    expect(sentCents() - before).toBe(90_000n);
  });
});

describe('which messages can be discarded', () => {
  const dead = async (message: Record<string, unknown>) => {
    const id = newId();
    await world.database.sql(
      "insert into outbox (id, dedupe_key, message, tries, due_at, dead_at, last_error) values ($1, $2, $3, 8, $4, $4, 'no')",
      [id, `planted:${id}`, message, world.clock.now()],
    );
    return id;
  };
  test.each([
    ['payout_settled', false],
    ['refund_paid', false],
    ['loan_payout_settled', false],
    ['repayments_moved', false],
    ['dispatch_withdrawal', false],
    ['something_newer', false],
    ['notice', true],
    ['digest', true],
    ['ask_receipt', true],
    ['alert', true],
    ['alert_crowd', true],
    ['alert_cleared', true],
    ['alert_mail', true],
  ])('%s: %s', async (kind, may) => {
    const letterId = await dead({ kind, words: 'KES 500 of Wanjiru' });
    const { letters } = await desk.list('kind=message');
    const [letter] = letters.filter((each) => each.letterId === letterId);
    expect(letter?.mustStay === null).toBe(may);
    expect(JSON.stringify(letter)).not.toContain('Wanjiru');
    const answer = await desk.discard(letterId);
    expect(answer).toMatchObject(may ? { status: 200 } : { status: 409, body: { code: 'letter_must_stay', detail: letter?.mustStay } });
    await world.database.sql('delete from outbox where id = $1', [letterId]);
  });
});

describe('a message that another release promised', () => {
  test('fails alone: what was promised beside it is sent', async () => {
    const { letterId, email } = await deadMail(world);
    const id = newId();
    await world.database.sql('insert into outbox (id, dedupe_key, message, urgency, due_at) values ($1, $2, \'{"kind":"newer"}\', 0, $3)', [
      ...[id, `planted:${id}`, world.clock.now()],
    ]);
    await desk.retry(letterId);
    await world.pass(1);
    expect(mailsTo(email)).toHaveLength(1);
    expect(await world.database.sql('select tries, sent_at, dead_at from outbox where id = $1', [id])).toEqual([
      { tries: 1, sent_at: null, dead_at: null },
    ]);
    await world.database.sql('delete from outbox where id = $1', [id]);
  });
});

describe('who and what is refused', () => {
  test('a member, a key and a stranger end nothing; a key with the scope reads', async () => {
    const { letterId } = await deadMail(world);
    const member = await signedIn(world, 'member');
    const key = await operator(world, 'letters:read');
    for (const headers of [member, key])
      for (const press of [desk.retry(letterId, headers), desk.discard(letterId, 'Because', headers)])
        expect((await press).status).toBe(403);
    for (const verb of ['retry', 'discard'])
      expect((await world.send('POST', `/api/dead-letters/${letterId}/${verb}`, { body: { reason: 'Because' } })).status).toBe(401);
    expect((await desk.list('', key)).letters.map((letter) => letter.letterId)).toEqual([letterId]);
    expect((await world.send('GET', '/api/dead-letters', { headers: member })).status).toBe(403);
    expect((await desk.tasksOf(letterId))[0]).toMatchObject({ open: true });
    await desk.discard(letterId);
  });

  test('unknown ids, and input that is none', async () => {
    for (const press of [desk.retry, desk.discard]) {
      expect(await press(newId())).toMatchObject({ status: 404, body: { code: 'letter_not_found' } });
      expect(await press('nonsense')).toMatchObject({ status: 400 });
    }
    const { letterId, paymentId } = await deadMail(world);
    expect(await desk.retry(paymentId)).toMatchObject({ status: 404 }); // what it is about is not its id
    for (const body of [{}, { reason: ' ' }, { reason: 'one\ntwo' }, { reason: 'x'.repeat(201) }, { reason: 'Because', kind: 'message' }])
      expect(await desk.post(`/api/dead-letters/${letterId}/discard`, body)).toMatchObject({
        status: 400,
        body: { code: 'invalid_input' },
      });
    expect(await desk.post(`/api/dead-letters/${letterId}/retry`, { reason: 'Because' })).toMatchObject({ status: 400 });
    for (const query of ['kind=parcel', 'limit=0', 'limit=201', 'cursor=nonsense', 'format=xml', 'pages=2'])
      expect([query, (await world.send('GET', `/api/dead-letters?${query}`, { headers: treasurer })).status]).toEqual([query, 400]);
    expect((await desk.retry(letterId)).status).toBe(202);
  });

  test('a message that was never given up is none', async () => {
    const { paymentId, prompt } = await push(world, { email: 'fine@example.com' });
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(2);
    const [sent] = await world.database.sql<{ id: string }>("select id from outbox where message ->> 'invoiceId' = $1", [paymentId]);
    for (const press of [desk.retry, desk.discard])
      expect(await press(sent?.id)).toMatchObject({ status: 409, body: { code: 'letter_not_dead' } });
    await world.pass(2);
    expect(mailsTo('fine@example.com')).toHaveLength(1);
  });
});

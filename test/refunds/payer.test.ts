import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { newReceipt, noticeBody, confirm as postNotice, register } from '../paybill/paybill.ts';
import { newPhone, push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

type Headers = { authorization: string };

let world: World;
let asker: Headers;
let approver: Headers;

beforeAll(async () => {
  world = await startWorld();
  await register(world);
  [asker, approver] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  const { prompt } = await push(world, { items: [{ sku: 'coffee', quantity: 20 }] });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
});
afterAll(() => world.stop());

const send = async (path: string, body: unknown, headers: Headers) => {
  const response = await world.send('POST', path, { body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const refund = (body: Record<string, unknown>) => send('/api/refunds', { reason: 'Paid by mistake', ...body }, asker);
const approve = (payoutId: unknown, by = approver) => send(`/api/payouts/${payoutId}/decision`, {}, by);
const refused = { status: 422, body: { code: 'payer_unknown' } };
const sent = () => BigInt(world.simulator.control.truth().sentCents);

/** Money at the paybill that Safaricom has confirmed, told with the payer's number in this form. */
async function paid(form: 'plain' | 'masked' | 'hashed', amountShillings = 700): Promise<{ depositId: string; phone: string }> {
  world.simulator.control.switch({ c2bPhone: form });
  const phone = newPhone();
  const told = await world.simulator.control.payBill({ phone, amountShillings, account: 'hello' });
  const receipt = 'receipt' in told ? told.receipt : '';
  await world.pass(6);
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  return { depositId: deposit?.id ?? '', phone };
}

/** A number of somebody else that ends as this one does. */
const twinOf = (phone: string) => `2547${phone.slice(4, 8) === '9999' ? '8888' : '9999'}${phone.slice(8)}`;

describe('money of the paybill goes to who paid it and to no other', () => {
  test.each(['plain', 'hashed'] as const)('when Safaricom shows the number %s: one that differs is refused, whoever asks', async (form) => {
    const { depositId, phone } = await paid(form);
    for (const other of [newPhone(), twinOf(phone)]) {
      expect(await refund({ depositId, amount: 500, phoneNumber: other })).toMatchObject(refused);
      expect(await refund({ depositId, phoneNumber: other })).toMatchObject(refused);
    }
    const asked = await refund({ depositId, amount: 500, phoneNumber: phone });
    expect(asked).toMatchObject({ status: 201, body: { method: 'b2c' } });
    expect((await approve(asked.body.payoutId, asker)).status).toBe(200);
    const before = sent();
    await world.pass(3);
    expect(sent() - before).toBe(50_000n);
  });

  test('a number in full takes a second person as well once a task doubts the receipt, also one of after it was asked for', async () => {
    const { depositId, phone } = await paid('plain');
    const asked = await refund({ depositId, amount: 500, phoneNumber: phone });
    await world.database.sql("select open_task_1('receipt_told_twice', $1, $2)", [depositId, world.clock.now()]);
    expect(await approve(asked.body.payoutId, asker)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
    expect((await approve(asked.body.payoutId)).status).toBe(200);
  });

  test('a number in full need not be told, a hashed one must where the proof shows no more', async () => {
    world.simulator.control.switch({ statusPhone: 'masked' });
    const [plain, hashed] = [await paid('plain'), await paid('hashed')];
    expect(await refund({ depositId: plain.depositId, amount: 500 })).toMatchObject({ status: 201 });
    expect(await refund({ depositId: hashed.depositId, amount: 500 })).toMatchObject(refused);
  });

  test('a masked number needs its tail and always a second person, since three digits fit one in a thousand', async () => {
    world.simulator.control.switch({ statusPhone: 'masked' });
    const { depositId, phone } = await paid('masked');
    expect(await refund({ depositId, amount: 500 })).toMatchObject(refused);
    expect(await refund({ depositId, amount: 500, phoneNumber: `${phone.slice(0, -1)}${(Number(phone.at(-1)) + 1) % 10}` })).toMatchObject(
      refused,
    );
    const asked = await refund({ depositId, amount: 500, phoneNumber: phone });
    expect(asked.status).toBe(201);
    expect(await approve(asked.body.payoutId, asker)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
    expect((await approve(asked.body.payoutId)).status).toBe(200);
  });

  test('a reversal needs no number: the rail knows who paid', async () => {
    const [masked, hashed] = [await paid('masked'), await paid('hashed')];
    const before = sent();
    for (const { depositId } of [masked, hashed]) {
      const asked = await refund({ depositId });
      expect(asked).toMatchObject({ status: 201, body: { method: 'reversal' } });
      expect((await approve(asked.body.payoutId, asker)).status).toBe(200);
    }
    await world.pass(5);
    expect(sent() - before).toBe(140_000n);
    const books = await booksBalance(world);
    expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
    expect((await balances(world.app.db)).payout_reserve).toBe(0n);
  });

  test('where a notice names nobody it is a reversal or nothing', async () => {
    const receipt = newReceipt();
    await postNotice(world, noticeBody({ TransID: receipt, MSISDN: '', BillRefNumber: 'hello' }));
    const [deposit] = await world.database.sql<{ id: string }>(
      'select id, prove_money_2(id, settled_at) from deposits where receipt = $1',
      [receipt],
    );
    expect(await refund({ depositId: deposit?.id })).toMatchObject(refused); // its receipt is not proved
    await world.database.sql('update deposits set receipt_proved_at = settled_at where receipt = $1', [receipt]);
    expect(await refund({ depositId: deposit?.id, amount: 500, phoneNumber: newPhone() })).toMatchObject(refused);
    expect(await refund({ depositId: deposit?.id })).toMatchObject({ status: 201, body: { method: 'reversal' } });
  });
});

test('neither reversed nor sent back while nothing but the time says whose a receipt is', async () => {
  const { depositId, phone } = await paid('masked');
  await world.database.sql("update deposits set tied_by = 'time' where id = $1", [depositId]);
  for (const body of [{}, { phoneNumber: phone }, { amount: 500, phoneNumber: phone }])
    expect(await refund({ depositId, ...body })).toMatchObject(refused);
  await world.database.sql("update deposits set tied_by = 'callback' where id = $1", [depositId]);
  expect((await refund({ depositId })).status).toBe(201);
});

describe('where nothing says whose money it is, a person who has found it out does', () => {
  const identifiedBy = "showed M-PESA's SMS";
  const guessed = async () => {
    const { depositId } = await paid('masked');
    await world.database.sql("update deposits set tied_by = 'time' where id = $1", [depositId]);
    return { depositId, phoneNumber: newPhone() };
  };

  test('with a phone and how they know, and a second person reads it and approves', async () => {
    const known = await guessed();
    const asked = await refund({ ...known, amount: 500, identifiedBy });
    expect(asked).toMatchObject({ status: 201, body: { method: 'b2c' } });
    const { payouts } = (await (await world.send('GET', '/api/payouts', { headers: approver })).json()) as {
      payouts: { reason: string }[];
    };
    expect(payouts[0]).toMatchObject({ payoutId: asked.body.payoutId, reason: "Paid by mistake (payer: showed M-PESA's SMS)" });
    const alone = await approve(asked.body.payoutId, asker);
    expect(alone).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
    expect(alone.body.detail).toContain('does not show the full number of the payer');
    expect((await approve(asked.body.payoutId)).status).toBe(200);
    const before = sent();
    await world.pass(3);
    expect(sent() - before).toBe(50_000n);
    const [truth] = world.simulator.control.truth().transactions.slice(-1);
    expect(truth).toMatchObject({ kind: 'b2c', phone: known.phoneNumber, amountShillings: 500 });
  });

  test('for a reversal too, which takes a second person then', async () => {
    const { body } = await refund({ ...(await guessed()), identifiedBy });
    expect(body).toMatchObject({ method: 'reversal' });
    expect(await approve(body.payoutId, asker)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
    expect((await approve(body.payoutId)).status).toBe(200);
  });

  test('the phone alone or the word alone says nothing', async () => {
    const { depositId, phoneNumber } = await guessed();
    expect(await refund({ depositId, phoneNumber })).toMatchObject(refused);
    expect(await refund({ depositId, identifiedBy })).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
  });

  test('a key cannot: it is a person who says so', async () => {
    const headers = await operator(world, 'reversals:request');
    const asked = await send('/api/refunds', { reason: 'Paid by mistake', ...(await guessed()), identifiedBy }, headers);
    expect(asked).toMatchObject({ status: 403, body: { code: 'forbidden', detail: expect.stringContaining('signed in') } });
  });

  test('and where it is known who paid, no word makes it another', async () => {
    const { depositId, phone } = await paid('plain');
    expect(await refund({ depositId, amount: 500, phoneNumber: newPhone(), identifiedBy })).toMatchObject(refused);
    const asked = await refund({ depositId, amount: 500, phoneNumber: phone, identifiedBy });
    expect(await approve(asked.body.payoutId, asker)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { watchFloat } from '#mpesa/float/watch/watch-float.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signIn, signInAs } from '../world/people.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { hourly, open, SHORTCODE, startWatched, tasks } from './watching.ts';

type Json = Record<string, unknown>;
const TODAY = '2026-11-21';

let world: World;
beforeAll(async () => {
  world = await startWatched();
  expect((await register(world)).status).toBe(200);
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 1_000_000, workingShillings: 0 });
});
afterAll(() => world.stop());

const send = async (path: string, body: object, headers: Record<string, string>) => {
  const response = await world.send('POST', path, { body, headers });
  return { status: response.status, body: (await response.json()) as Json };
};
const treasurer = () => signedIn(world, 'treasurer');
const ask = async (changes: object = {}, headers?: Record<string, string>) =>
  send('/api/float-entries', { kind: 'top_up', amount: 50_000, on: TODAY, note: 'From KCB', ...changes }, headers ?? (await treasurer()));
const approve = async (entryId: unknown, headers?: Record<string, string>) =>
  send(`/api/float-entries/${entryId}/approve`, {}, headers ?? (await treasurer()));
const reject = async (entryId: unknown) => send(`/api/float-entries/${entryId}/reject`, {}, await treasurer());
const account = async (id: string) => ((await balances(world.app.db))[id] ?? 0n) / 100n;
/** The balance now, as a treasurer asks for it. */
const tellBalance = async () => {
  await send('/api/account-balance', {}, await treasurer());
  await world.clock.advance(10_000);
  await world.settled();
};
/** The time in Nairobi so many minutes later, to the minute after: a balance was told some seconds ago. */
const clockIn = (at: number, minutes: number) =>
  new Date(Math.ceil((at - 10_000) / 60_000 + minutes) * 60_000 + 3 * 3_600_000).toISOString().slice(11, 16);
const lend = async (amount: number) => {
  const body = { phoneNumber: newPhone(), amount, reason: 'Loan' };
  const { body: payout } = await send('/api/payouts', body, await treasurer());
  return send(`/api/payouts/${payout.payoutId}/decision`, {}, await treasurer());
};

describe('an organisation whose own million stands on its M-PESA account', () => {
  test('cannot lend it before it is booked, and is told what is proved, promised, told, and what to do', async () => {
    expect(await lend(5_000)).toMatchObject({
      status: 422,
      body: {
        code: 'insufficient_float',
        detail:
          'KES 0 can leave: KES 0 is proved on 174379, from which it is sent, and KES 0 of it is promised already. Did money come from the bank, or was it there before? Enter it as a top-up (POST /api/float-entries) and have a second person approve it. From another short code of yours: a sweep there and a top-up here. Else top up first.',
      },
    });
  });

  test('a top-up is not booked before a balance shows it, nor more than it shows', async () => {
    const { body } = await ask({ amount: 1_000_000 });
    expect(body).toMatchObject({ kind: 'top_up', shortcode: SHORTCODE, amount: 1_000_000, state: 'asked' });
    expect(await approve(body.entryId)).toMatchObject({
      status: 409,
      body: { code: 'top_up_not_proved', detail: expect.stringContaining('has not reported a balance') },
    });
    await hourly(world);
    const more = await ask({ amount: 1_000_000.01 });
    expect(await approve(more.body.entryId)).toMatchObject({
      status: 409,
      body: { code: 'top_up_not_proved', detail: expect.stringContaining('shows KES 1,000,000 more than the books, not KES 1,000,000.01') },
    });
    expect((await reject(more.body.entryId)).status).toBe(200);
    expect(await approve(body.entryId)).toMatchObject({
      status: 409,
      body: {
        code: 'top_up_not_proved',
        detail: expect.stringMatching(/shows it; one alone proves nothing.* Ask for another from \d\d:\d\d on/),
      },
    });
    expect(await account('paybill_float')).toBe(0n);
    await hourly(world);
    expect(await approve(body.entryId)).toMatchObject({ status: 200, body: { state: 'booked' } });
    expect([await account('paybill_float'), await account('bank_clearing')]).toEqual([1_000_000n, -1_000_000n]);
  });

  test('lends it, and no difference is found afterwards', async () => {
    expect((await lend(5_000)).status).toBe(200);
    await world.pass(2);
    expect(world.simulator.control.truth().sentCents).toBe('500000');
    await hourly(world, 4);
    expect([await open(world), await tasks(world)]).toEqual([[], []]);
  });

  test('has it proved once: the same money books no second top-up', async () => {
    const { body } = await ask({ amount: 1_000 });
    await tellBalance();
    expect(await approve(body.entryId)).toMatchObject({ status: 409, body: { code: 'top_up_not_proved' } });
  });
});

describe('a top-up of today', () => {
  test('is booked as soon as two balances half an hour apart show it, ten minutes after the second, once, however many approve it and another like it', async () => {
    world.simulator.control.topUp({ amountShillings: 50_000 });
    const [one, two] = [await ask(), await ask()];
    const waits = async (detail: RegExp) =>
      expect(await approve(one.body.entryId)).toMatchObject({
        status: 409,
        body: { code: 'top_up_not_proved', detail: expect.stringMatching(detail) },
      });
    await waits(/two balances have to show it, half an hour apart/);
    await tellBalance();
    const told = world.clock.now().getTime();
    await waits(new RegExp(`shows it; one alone proves nothing.* Ask for another from ${clockIn(told, 30)} on`));
    await world.clock.advance(31 * 60_000);
    await tellBalance();
    await waits(new RegExp(`shows it too: approve again from ${clockIn(world.clock.now().getTime(), 10)} on`));
    await world.clock.advance(10 * 60_000);
    const before = await account('paybill_float');
    const answers = await Promise.all([one, two, one, two, one].map(async ({ body }) => approve(body.entryId)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await account('paybill_float')).toBe(before + 50_000n);
    await hourly(world, 4);
    expect(await open(world)).toEqual([]);
  });

  test('that was found as a difference closes its task', async () => {
    world.simulator.control.topUp({ amountShillings: 7_000 });
    await hourly(world, 3);
    expect([await open(world), await tasks(world)]).toEqual([[[SHORTCODE, 7_000]], [SHORTCODE]]);
    const asked = [await ask({ amount: 7_000 }), await ask({ amount: 7_000 })];
    const answers = await Promise.all(asked.map(({ body }) => approve(body.entryId)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect([await open(world), await tasks(world)]).toEqual([[], []]);
    await hourly(world, 3);
    expect(await open(world)).toEqual([]);
  });

  test('may be in parts: what is left stays open', async () => {
    world.simulator.control.topUp({ amountShillings: 9_000 });
    await hourly(world, 3);
    const { body } = await ask({ amount: 4_000 });
    expect((await approve(body.entryId)).status).toBe(200);
    expect([await open(world), await tasks(world)]).toEqual([[[SHORTCODE, 5_000]], [SHORTCODE]]);
    const rest = await ask({ amount: 5_000 });
    expect((await approve(rest.body.entryId)).status).toBe(200);
    expect([await open(world), await tasks(world)]).toEqual([[], []]);
  });
});

test('a customer’s payment that two people called a top-up opens a task when the pull finds it', async () => {
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  const paid = await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 2_300, account: 'SHAMBA' });
  await hourly(world, 3);
  const { body } = await ask({ amount: 2_300 });
  expect((await approve(body.entryId)).status).toBe(200);
  await world.clock.advance(20 * 60_000);
  expect(await open(world)).toEqual([]);
  const proved = {
    ...{ receipt: 'receipt' in paid ? paid.receipt : '', amountCents: 230_000n, typedReference: 'SHAMBA' },
    ...{ shortcode: SHORTCODE, prompts: true, times: [new Date(world.clock.now().getTime() - 3.5 * 3_600_000)], payer: {} },
  };
  await settleReceipts({ db: world.app.db, now: world.clock.now() }, 'statement', [proved]);
  await hourly(world, 2);
  expect([await open(world), await tasks(world)]).toEqual([[[SHORTCODE, -2_300]], [SHORTCODE]]);
  const back = await ask({ kind: 'sweep', amount: 2_300, note: 'Was no top-up' });
  expect((await approve(back.body.entryId)).status).toBe(200);
  expect([await open(world), await tasks(world)]).toEqual([[], []]);
});

describe('a payment whose notice is late proves no top-up of its amount', () => {
  /** A customer pays, and the notice is on its way. */
  const paysUnheard = async (amountShillings: number) => {
    world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
    const paid = await world.simulator.control.payBill({ phone: newPhone(), amountShillings, account: 'SHAMBA' });
    await tellBalance();
    return 'receipt' in paid ? paid.receipt : '';
  };
  const hears = async (receipt: string) => {
    await world.simulator.control.redeliverConfirmation(receipt);
    await world.settled();
  };

  test('half a minute later', async () => {
    const [entry, receipt] = [await ask({ amount: 5_100 }), await paysUnheard(5_100)];
    expect(await approve(entry.body.entryId)).toMatchObject({ status: 409, body: { code: 'top_up_not_proved' } });
    await hears(receipt);
    await hourly(world, 3);
    expect(await approve(entry.body.entryId)).toMatchObject({ status: 409, body: { code: 'top_up_not_proved' } });
    expect(await open(world)).toEqual([]);
  });

  test('half an hour later', async () => {
    const [entry, receipt] = [await ask({ amount: 5_200 }), await paysUnheard(5_200)];
    await world.clock.advance(31 * 60_000);
    await tellBalance();
    expect(await approve(entry.body.entryId)).toMatchObject({ status: 409, body: { code: 'top_up_not_proved' } });
    await hears(receipt);
    await world.clock.advance(11 * 60_000);
    expect(await approve(entry.body.entryId)).toMatchObject({ status: 409, body: { code: 'top_up_not_proved' } });
    expect(await open(world)).toEqual([]);
  });
});

test('a sweep by hand in the portal opens a task, and its entry by two people closes it', async () => {
  world.simulator.control.sweep({ amountShillings: 120_000, toBank: true });
  await hourly(world, 3);
  expect([await open(world), await tasks(world)]).toEqual([[[SHORTCODE, -120_000]], [SHORTCODE]]);
  const on = new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
  const before = [await account('paybill_float'), await account('bank_clearing')] as const;
  const { body } = await ask({ kind: 'sweep', amount: 120_000, on });
  expect((await approve(body.entryId)).status).toBe(200);
  expect([await account('paybill_float'), await account('bank_clearing')]).toEqual([before[0] - 120_000n, before[1] + 120_000n]);
  expect([await open(world), await tasks(world)]).toEqual([[], []]);
  await hourly(world, 3);
  expect(await open(world)).toEqual([]);
});

test('a sweep that is entered before any balance shows it is no difference; one that never happened is', async () => {
  const on = new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
  world.simulator.control.sweep({ amountShillings: 300 });
  const { body } = await ask({ kind: 'sweep', amount: 300, on });
  expect((await approve(body.entryId)).status).toBe(200);
  await hourly(world, 3);
  expect(await open(world)).toEqual([]);
  const made = await ask({ kind: 'sweep', amount: 444 }); // of a day whose balances were compared long ago
  expect((await approve(made.body.entryId)).status).toBe(200);
  await hourly(world, 3);
  expect(await open(world)).toEqual([[SHORTCODE, 444]]);
  await world.database.sql("update reviews set closed_at = now(), closed_by = 'test' where kind = 'balance_unexplained'");
});

test('charges that the tariff expects are booked and change nothing for the watch; one that it does not expect explains its difference', async () => {
  await hourly(world, 2);
  const on = new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
  const { body } = await ask({ kind: 'charge', amount: 9, on, note: 'Fees of the week' });
  expect((await approve(body.entryId)).status).toBe(200);
  expect(await account('mpesa_charges')).toBe(9n);
  await hourly(world, 3);
  expect(await open(world)).toEqual([]);
  const [told] = await world.database.sql<{ cents: string }>(
    "select current_cents as cents from float_balances where account = 'Utility Account' order by told_at desc limit 1",
  );
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: Number(told?.cents) / 100 - 45, workingShillings: 0 });
  await hourly(world, 3);
  expect(await open(world)).toEqual([[SHORTCODE, -45]]);
  const today = new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
  const unexpected = await ask({ kind: 'charge', amount: 45, on: today, note: 'A fee for statements' });
  expect((await approve(unexpected.body.entryId)).status).toBe(200);
  expect([await open(world), await account('mpesa_charges')]).toEqual([[], 54n]);
});

describe('who decides', () => {
  test('is another person than the one who asked, themselves or by a key they made; no key decides', async () => {
    const asker = await signInAs(world, 'treasurer');
    const [{ id }] = (await world.database.sql<{ id: string }>('select id from people order by id desc limit 1')) as [{ id: string }];
    const own = await ask({}, asker.headers);
    expect(await approve(own.body.entryId, asker.headers)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
    const key = await operator(world, 'entries:ask');
    await world.database.sql('update api_keys set created_by = $1 where id = (select id from api_keys order by id desc limit 1)', [
      `person:${id}`,
    ]);
    const byKey = await ask({}, key);
    expect(await approve(byKey.body.entryId, asker.headers)).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('Your own API key') },
    });
    expect((await approve(byKey.body.entryId, key)).status).toBe(403);
    await world.database.sql('update api_keys set created_by = null where id = (select id from api_keys order by id desc limit 1)');
    expect(await approve(byKey.body.entryId)).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('whose maker is no longer here, or unknown') },
    });
    expect((await approve(own.body.entryId, (await signIn(world)).headers)).status).toBe(403);
  });

  test('decides once, and everything is on the audit trail', async () => {
    const { body } = await ask({ kind: 'sweep', amount: 10 });
    expect((await reject(body.entryId)).status).toBe(200);
    expect(await approve(body.entryId)).toMatchObject({
      status: 409,
      body: { code: 'entry_decided', detail: expect.stringContaining('rejected') },
    });
    expect((await approve('019a9f6e-0000-7000-8000-000000000000')).status).toBe(404);
    const trail = await world.database.sql('select action from audit where subject = $1 order by id', [body.entryId]);
    expect(trail).toEqual([{ action: 'float_entry_asked' }, { action: 'float_entry_rejected' }]);
    expect(await world.database.sql('select count(*)::int as n from transfers where source_id = $1', [body.entryId])).toEqual([{ n: 0 }]);
  });
});

test('what is asked is checked, and the same request twice is one entry', async () => {
  expect(await ask({ shortcode: '999999' })).toMatchObject({ status: 422, body: { code: 'unknown_shortcode' } });
  expect(await ask({ on: '2036-01-01' })).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
  for (const wrong of [{ amount: 0 }, { amount: -5 }, { amount: 1.001 }, { kind: 'gift' }, { on: 'yesterday' }, { note: '' }])
    expect((await ask(wrong)).status).toBe(400);
  const headers = { ...(await treasurer()), 'idempotency-key': 'entry-number-one' };
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask({ amount: 77 }, headers)));
  expect(new Set(answers.map(({ body }) => body.entryId)).size).toBe(1);
});

test('a treasurer reads entries, what is unexplained in words, and what stood there before', async () => {
  world.simulator.control.sweep({ amountShillings: 222 });
  await hourly(world, 3);
  const response = await world.send('GET', '/api/float-entries?state=booked&limit=3', { headers: await treasurer() });
  expect(await response.json()).toMatchObject({
    entries: [{ state: 'booked', note: expect.any(String) }, {}, {}],
    nextBefore: expect.any(String),
    unexplained: [{ shortcode: SHORTCODE, amount: -222, words: expect.stringContaining('Safaricom has KES 222 less on 174379') }],
    beforeTheFirstBalance: [],
  });
  await watchFloat(world.app);
});

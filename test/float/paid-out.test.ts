import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { confirm, newReceipt, noticeBody, openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { exported, imported, importedAndSigned, show, signOff } from '../reconcile/importing.ts';
import { newPhone, statusOf } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signIn } from '../world/people.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { hourly, open, payOutNow, SHORTCODE, startWatched } from './watching.ts';

// What somebody paid in Safaricom's portal by hand.

let world: World;
beforeAll(async () => {
  world = await startWatched();
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 0, workingShillings: 0 });
  expect((await register(world)).status).toBe(200);
  await world.clock.advance(24 * 3_600_000); // what was set is no line of today's statement
  await hourly(world, 2);
  await payBill(world, { account: 'SHAMBA', amountShillings: 30_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

type Headers = Record<string, string>;
const treasurer = () => signedIn(world, 'treasurer');
const send = async (path: string, body: object, headers?: Headers) => {
  const response = await world.send('POST', path, { body, headers: headers ?? (await treasurer()) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
const ask = (receipt: string, amount: number, changes: object = {}, headers?: Headers) =>
  send('/api/float-entries', { kind: 'paid_out', receipt, amount, on: today(), note: 'Paid the carpenter', ...changes }, headers);
const approve = (entryId: unknown, headers?: Headers) => send(`/api/float-entries/${entryId}/approve`, {}, headers);
const reject = (entryId: unknown) => send(`/api/float-entries/${entryId}/reject`, {});
const payByHand = (amountShillings: number) => world.simulator.control.payByHand({ phone: newPhone(), amountShillings }).receipt;
const importToday = async () => importedAndSigned(world, (await exported(world)).bytes);
const atSafaricom = () => BigInt(Math.round((world.simulator.control.truth().accounts[SHORTCODE]?.utilityShillings ?? 0) * 100));
const books = () => balances(world.app.db);
const float = async () => (await books()).paybill_float ?? 0n;
const tasksOf = async (receipt: string) =>
  world.database.sql("select 1 from reviews where kind = 'statement_money_out' and subject = $1 and closed_at is null", [receipt]);

test('is booked as an expense when a signed statement has its line: by a second person, once, out of the float, and closes its task and difference', async () => {
  const receipt = payByHand(450);
  await hourly(world, 3);
  expect(await open(world)).toMatchObject([[SHORTCODE, expect.closeTo(-450, -2)]]);
  const entry = await ask(receipt, 450);
  expect(entry).toMatchObject({ status: 201, body: { kind: 'paid_out', receipt, amount: 450, state: 'asked' } });
  // before the line
  expect(await approve(entry.body.entryId)).toMatchObject({
    status: 409,
    body: { code: 'paid_out_not_shown', detail: expect.stringContaining('import the statement of that day and have it signed') },
  });
  const shown = await importToday();
  expect(await tasksOf(receipt)).toHaveLength(1);
  expect((await float()) - atSafaricom()).toBe(45_000n);
  const expenses = (await books()).expenses ?? 0n;
  const answers = await Promise.all([1, 2, 3].map(() => approve(entry.body.entryId)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
  expect(answers.filter(({ status }) => status === 409).map(({ body }) => body.code)).toEqual(['entry_decided', 'entry_decided']);
  expect(await float()).toBe(atSafaricom());
  expect(((await books()).expenses ?? 0n) - expenses).toBe(45_000n);
  expect(await tasksOf(receipt)).toEqual([]);
  expect(await open(world)).toEqual([]);
  await hourly(world, 3);
  expect(await open(world)).toEqual([]);
  expect((await show(world, shown.statementId, '?finding=missing_here')).lines).toMatchObject([{ receipt, verdict: 'paid_out' }]);
  const trail = await world.database.sql('select action from audit where subject = $1 order by id', [entry.body.entryId]);
  expect(trail).toEqual([{ action: 'float_entry_asked' }, { action: 'float_entry_booked' }]);
  // a later statement with the line agrees
  await payBill(world, { account: 'SHAMBA', amountShillings: 11 });
  const again = await importToday();
  expect((await show(world, again.statementId, '?finding=missing_here')).lines).toEqual([]);
  expect(await float()).toBe(atSafaricom());
  const listed = (await (await world.send('GET', '/api/payouts?state=paid', { headers: await treasurer() })).json()) as {
    payouts: object[];
  };
  expect(listed.payouts).toContainEqual(expect.objectContaining({ kind: 'payment', amount: 450, portalReceipt: receipt }));
});

test('asked for twice with its Idempotency-Key it is one entry, also after it was approved', async () => {
  const receipt = payByHand(55);
  await importToday();
  const headers = { ...(await treasurer()), 'idempotency-key': 'paid-by-hand-once' };
  const first = await ask(receipt, 55, {}, headers);
  expect((await approve(first.body.entryId)).status).toBe(200);
  expect(await ask(receipt, 55, {}, headers)).toEqual(first);
  expect(await float()).toBe(atSafaricom());
});

test('a reversal whose statement does not say which payment it gave back is no difference, neither before nor after two people say which', async () => {
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 330 });
  await world.pass(6);
  const { receipt } = world.simulator.control.reverseByHand({ receipt: 'receipt' in paid ? paid.receipt : '' });
  await hourly(world, 3);
  expect(await open(world)).toMatchObject([[SHORTCODE, -330]]);
  const { bytes, name } = await exported(world, { layout: 'V2' });
  await importedAndSigned(world, bytes, name);
  await hourly(world, 2);
  expect([await open(world), await float()]).toEqual([[], atSafaricom()]);
  const [deposit] = await world.database.sql<{ id: string }>(
    'select id from deposits where amount_cents = 33000 and taken_back_at is null',
  );
  expect((await approve((await ask(receipt, 330, { depositId: deposit?.id })).body.entryId)).status).toBe(200);
  await hourly(world, 2);
  expect([await open(world), await float()]).toEqual([[], atSafaricom()]);
});

describe('of a customer’s money', () => {
  test('that waits in suspense, is taken out of it; more than stands there is refused', async () => {
    const paid = await payBill(world, { account: 'NDIZI', amountShillings: 800 });
    await world.pass(6);
    const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
      'receipt' in paid ? paid.receipt : '',
    ]);
    const [receipt, other] = [payByHand(500), payByHand(400)];
    await importToday();
    const before = await books();
    const [one, two] = [await ask(receipt, 500, { depositId: deposit?.id }), await ask(other, 400, { depositId: deposit?.id })];
    const answers = await Promise.all([approve(one.body.entryId), approve(two.body.entryId)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 422]);
    const booked = answers[0]?.status === 200 ? 50_000n : 40_000n;
    const after = await books();
    expect([(after.suspense ?? 0n) - (before.suspense ?? 0n), (after.expenses ?? 0n) - (before.expenses ?? 0n)]).toEqual([-booked, 0n]);
    expect((await reject(answers[0]?.status === 200 ? two.body.entryId : one.body.entryId)).status).toBe(200);
    const rest = answers[0]?.status === 200 ? [other, 400] : [receipt, 500];
    const third = await ask(String(rest[0]), Number(rest[1]));
    expect((await approve(third.body.entryId)).status).toBe(200);
    expect(await float()).toBe(atSafaricom());
  });

  test('who had bought something, is a refund with its credit note, which says why, and its code', async () => {
    const { paymentId, reference } = await owe(world, 'coffee', newPhone(), 'achieng@example.com');
    const amount = (await statusOf(world, paymentId)).amount as number;
    await payBill(world, { account: reference, amountShillings: amount });
    await world.pass(6);
    const receipt = payByHand(amount);
    await importToday();
    const before = await books();
    await world.inbox.clear();
    const entry = await ask(receipt, amount, { paymentId, note: 'The beans were mouldy' });
    expect((await approve(entry.body.entryId)).status).toBe(200);
    await world.pass(3);
    const after = await books();
    expect([(after.refunds ?? 0n) - (before.refunds ?? 0n), (after.expenses ?? 0n) - (before.expenses ?? 0n)]).toEqual([0n, 0n]);
    expect(await float()).toBe(atSafaricom());
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'refunded', refundedAmount: amount });
    const mails = world.inbox.messages();
    expect(mails).toHaveLength(1);
    for (const words of ['Credit note', 'The beans were mouldy', receipt, 'We have sent your money back.'])
      expect(mails[0]?.text).toContain(words);
    expect(await send('/api/refunds', { paymentId, method: 'reversal', reason: 'Again' })).toMatchObject({
      status: 422,
      body: { code: 'refund_too_large' },
    });
  });

  test('that a signed line shows at another number than the payer’s, is told to whoever decides, before and after', async () => {
    const phone = newPhone();
    const paid = await payBill(world, { account: 'NDIZI', amountShillings: 610, phone });
    await world.pass(6);
    const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
      'receipt' in paid ? paid.receipt : '',
    ]);
    const receipts = [phone, `${phone.slice(0, -3)}${phone.endsWith('777') ? '111' : '777'}`].map(
      (to) => world.simulator.control.payByHand({ phone: to, amountShillings: 300 }).receipt,
    );
    const warnings = async () => {
      const response = await world.send('GET', '/api/float-entries?limit=500', { headers: await treasurer() });
      const { entries } = (await response.json()) as { entries: { kind: string; receipt: string | null; warning?: string }[] };
      return receipts.map((receipt) => entries.find((entry) => entry.kind === 'paid_out' && entry.receipt === receipt)?.warning);
    };
    const asked = await Promise.all(receipts.map((receipt) => ask(receipt, 300, { depositId: deposit?.id })));
    expect(await warnings()).toEqual([undefined, undefined]); // no line shows it yet
    await importToday();
    const told = [
      undefined,
      expect.stringMatching(/^The signed statement shows that it went to a number that ends in \d{3}, and .* \d{3}\./),
    ];
    expect(await warnings()).toEqual(told);
    for (const { body } of asked) expect((await approve(body.entryId)).status).toBe(200);
    expect(await warnings()).toEqual(told);
  });

  test('that is not there is nobody’s', async () => {
    const receipt = payByHand(60);
    await importToday();
    const entry = await ask(receipt, 60, { depositId: '019a9f6e-0000-7000-8000-000000000000' });
    expect(await approve(entry.body.entryId)).toMatchObject({ status: 404, body: { code: 'deposit_not_found' } });
    expect((await reject(entry.body.entryId)).status).toBe(200);
    expect((await approve((await ask(receipt, 60)).body.entryId)).status).toBe(200);
  });
});

describe('is refused', () => {
  test('with another amount than the line, with a receipt that no line has, and a second time', async () => {
    const receipt = payByHand(70);
    await importToday();
    const wrong = await ask(receipt, 700);
    expect(await approve(wrong.body.entryId)).toMatchObject({
      status: 422,
      body: { code: 'amount_mismatch', detail: expect.stringContaining('has KES 70 for') },
    });
    expect(await ask(receipt, 70)).toMatchObject({ status: 409, body: { code: 'receipt_known' } }); // one waits
    expect((await reject(wrong.body.entryId)).status).toBe(200);
    const unknown = await ask(newReceipt(world.clock.now()), 70);
    expect(await approve(unknown.body.entryId)).toMatchObject({ status: 409, body: { code: 'paid_out_not_shown' } });
    const right = await Promise.all([ask(receipt, 70), ask(receipt, 70), ask(receipt, 70)]);
    expect(right.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    expect((await approve(right.find(({ status }) => status === 201)?.body.entryId)).status).toBe(200);
    expect(await ask(receipt, 70)).toMatchObject({ status: 409, body: { code: 'receipt_known' } });
    expect(await float()).toBe(atSafaricom());
  });

  test('while nobody has signed the statement that has its line; what a notice had told under its receipt is taken off with it', async () => {
    const receipt = payByHand(60);
    const body = noticeBody({ TransID: receipt, TransAmount: '60.00', BillRefNumber: 'NDIZI' });
    await confirm(world, body);
    await world.pass(1);
    const { bytes } = await exported(world);
    const { statementId } = await imported(world, bytes);
    const entry = await ask(receipt, 60);
    expect(await approve(entry.body.entryId)).toMatchObject({ status: 409, body: { code: 'paid_out_not_shown' } });
    expect((await signOff(world, statementId, await treasurer())).status).toBe(200);
    expect((await approve(entry.body.entryId)).status).toBe(200);
    const there =
      'select amount_cents from deposits where receipt = $1 and merged_into is null and refuted_at is null and taken_back_at is null';
    expect([await float(), await world.database.sql(there, [receipt])]).toEqual([atSafaricom(), []]);
  });

  test('where the receipt is a payout of ours, a customer’s payment, or what was refunded', async () => {
    await payOutNow(world, 1_000);
    await world.pass(3);
    const [ours] = await world.database.sql<{ receipt: string }>(
      "select receipt from withdrawals where amount_cents = 100000 and state = 'paid'",
    );
    const paid = await payBill(world, { account: 'NDIZI', amountShillings: 90 });
    await world.pass(6);
    const came = 'receipt' in paid ? paid.receipt : '';
    const back = await payBill(world, { account: 'NDIZI', amountShillings: 95 });
    await world.pass(6);
    const { receipt: reversal } = world.simulator.control.reverseByHand({ receipt: 'receipt' in back ? back.receipt : '' });
    await importToday();
    expect(await ask(ours?.receipt ?? '', 1_000)).toMatchObject({
      status: 409,
      body: { code: 'receipt_known', detail: expect.stringContaining('our own payout PO-') },
    });
    for (const [receipt, amount, code] of [
      [came, 90, 'paid_out_not_shown'],
      [reversal, 95, 'paid_out_not_shown'],
    ] as const) {
      const { body } = await ask(receipt, amount);
      expect(await approve(body.entryId)).toMatchObject({ status: 409, body: { code } });
    }
    expect((await world.database.sql('select 1 from deposits where receipt = $1 and taken_back_at is null', [came])).length).toBe(1);
  });

  test('without a receipt, or with one where it has none to have, by who asked, by a key, and by a customer', async () => {
    expect((await send('/api/float-entries', { kind: 'paid_out', amount: 5, on: today(), note: 'Paid' })).status).toBe(400);
    expect((await send('/api/float-entries', { kind: 'sweep', receipt: 'SKL7XY12AB', amount: 5, on: today(), note: 'Paid' })).status).toBe(
      400,
    );
    const both = { depositId: '019a9f6e-0000-7000-8000-000000000000', paymentId: '019a9f6e-0000-7000-8000-000000000000' };
    expect((await ask('SKL7XY12AB', 5, both)).status).toBe(400);
    const receipt = payByHand(80);
    await importToday();
    const asker = await treasurer();
    const { body } = await ask(receipt, 80, {}, asker);
    expect(await approve(body.entryId, asker)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
    expect((await approve(body.entryId, await operator(world, 'entries:ask'))).status).toBe(403);
    expect((await approve(body.entryId, (await signIn(world)).headers)).status).toBe(403);
    expect((await approve(body.entryId)).status).toBe(200);
  });
});

test('a payout of ours that is told late with a receipt that was entered is not booked a second time', async () => {
  const receipt = payByHand(1_100);
  await importToday();
  expect((await approve((await ask(receipt, 1_100)).body.entryId)).status).toBe(200);
  const before = await float();
  const [row] = await world.database.sql<{ id: string }>(
    "insert into withdrawals (id, payout_id, part, amount_cents, state, dispatched_at) select gen_random_uuid(), id, 9, 110000, 'unknown', now() from payouts limit 1 returning id",
  );
  const [settled] = await world.database.sql<{ verdict: string }>(
    "select * from settle_withdrawal_4($1::uuid, 'b2c', 'x', 'x', 'paid', 110000, $2, false, $1::uuid::text, null, null, null, '0', '174379', null, $3)",
    [row?.id, receipt, world.clock.now()],
  );
  expect(settled?.verdict).toBe('receipt_used');
  expect(await float()).toBe(before);
  expect(await openTasks(world)).toMatchObject({ payout_receipt_used: 1 });
});

test('what left before the first balance is more money from before it, once it is booked', async () => {
  const receipt = payByHand(120);
  await importToday();
  const { body } = await ask(receipt, 120);
  const opening = async () => (await world.database.sql<{ cents: string }>('select opening_cents as cents from float_watches'))[0]?.cents;
  await world.database.sql('update float_watches set opened_at = $1', [world.clock.now()]);
  const before = Number(await opening());
  expect((await approve(body.entryId)).status).toBe(200);
  expect(Number(await opening())).toBe(before + 12_000);
});

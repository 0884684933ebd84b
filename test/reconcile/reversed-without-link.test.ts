import { afterEach, beforeEach, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';
import { newReceipt, noticeBody, noticePaths, openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, imported, importedAndSigned, show, signOff } from './importing.ts';
import { plainFile, portalFile, reversed } from './portal-file.ts';

// The portal's newer layout (V2) has no "Linked Transaction ID": what was given back is a line with a receipt of its own alone.

let world: World;
beforeEach(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 20_000 });
  await world.pass(6);
});
afterEach(() => world.stop());

const atSafaricom = () => BigInt(Math.round((world.simulator.control.truth().accounts['174379']?.utilityShillings ?? 0) * 100));
const books = () => balances(world.app.db);
const tooHigh = async () => ((await books()).paybill_float ?? 0n) - atSafaricom();
const owed = async () => (await books()).receivables ?? 0n;
const post = async (path: string, body: unknown, headers?: Record<string, string>) => {
  const response = await world.send('POST', path, { body, headers: headers ?? (await signedIn(world, 'treasurer')) });
  const answer = (await response.json()) as { code?: string; detail?: string; entryId?: string; payoutId?: string };
  return { ...answer, status: response.status };
};
const takeBack = (id: string) => post(`/api/deposits/${id}/take-back`, { reason: 'Given back in the portal' });
const taskOf = async (receipt: string) =>
  (
    await world.database.sql<{ words: string | null }>(
      "select words from reviews where kind = 'statement_reversed' and subject = $1 and closed_at is null",
      [receipt],
    )
  )[0];

type Came = { id: string; receipt: string; phone: string };
async function came(amountShillings: number): Promise<Came> {
  const phone = newPhone();
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings, phone });
  await world.pass(6);
  const receipt = 'receipt' in paid ? paid.receipt : '';
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  return { id: deposit?.id ?? '', receipt, phone };
}
const reversedByHand = ({ receipt }: Came) => world.simulator.control.reverseByHand({ receipt }).receipt;

async function signed(layout: 'V1' | 'V2') {
  const { bytes, name } = await exported(world, { layout });
  const { statementId } = await importedAndSigned(world, bytes, name);
  await world.pass(1);
  return show(world, statementId, '?finding=reversed');
}

async function refund({ id, phone }: Came, method = 'b2c', amount?: number) {
  const asked = await post('/api/refunds', {
    depositId: id,
    ...(method === 'b2c' && { phoneNumber: phone }),
    method,
    amount,
    reason: 'Not ours',
  });
  if (asked.payoutId) expect((await post(`/api/payouts/${asked.payoutId}/decision`, { decision: 'decline' })).status).toBe(200);
  return asked;
}

const ask = (receipt: string, amount: number, which: object, headers?: Record<string, string>) => {
  const on = new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
  return post('/api/float-entries', { kind: 'paid_out', receipt, amount, on, note: 'It was this one', ...which }, headers);
};
const approve = (entryId?: string, headers?: Record<string, string>) => post(`/api/float-entries/${entryId}/approve`, {}, headers);

test('what may have been returned stays until the full layout says which it was; the float falls at once, and once', async () => {
  const [earlier, given] = [await came(700), await came(700)];
  const small = await came(690);
  const waiting = await post('/api/refunds', { depositId: earlier.id, phoneNumber: earlier.phone, method: 'b2c', reason: 'Not ours' });
  const reversal = reversedByHand(given);
  await world.clock.advance(120_000);
  const later = await came(705);
  expect(await tooHigh()).toBe(70_000n);

  const { lines } = await signed('V2');
  expect(lines).toMatchObject([{ receipt: reversal, verdict: 'unlinked' }]);
  expect([await tooHigh(), await owed()]).toEqual([0n, 70_000n]);
  expect((await taskOf(reversal))?.words).toMatch(/KES 700\.00 left 174379 on .*"Linked Transaction ID".*import it.*paid_out/);
  for (const method of ['b2c', 'reversal'])
    expect(await refund(given, method)).toMatchObject({
      status: 409,
      code: 'reversed_elsewhere',
      detail: expect.stringMatching(new RegExp(`${reversal}.* does not say which: .*full statement.*paid_out`)),
    });
  expect(await post(`/api/payouts/${waiting.payoutId}/decision`, {}, await signedIn(world, 'admin'))).toMatchObject({
    code: 'reversed_elsewhere',
  });
  expect((await post(`/api/payouts/${waiting.payoutId}/decision`, { decision: 'decline' })).status).toBe(200);
  expect((await post(`/api/deposits/${given.id}/match`, { paymentId: (await owe(world, 'maize')).paymentId })).status).toBe(409);
  for (const other of [small, later]) expect((await refund(other)).status).toBe(201);

  // an overlapping statement tells nothing new
  await payBill(world, { account: 'SHAMBA', amountShillings: 11 });
  await signed('V2');
  expect([await tooHigh(), await owed()]).toEqual([0n, 70_000n]);

  await payBill(world, { account: 'SHAMBA', amountShillings: 12 });
  await signed('V1');
  expect([await tooHigh(), await owed()]).toEqual([0n, 70_000n]);
  expect([await taskOf(reversal), await taskOf(given.receipt)]).toEqual([undefined, { words: null }]);
  expect(await refund(given)).toMatchObject({ status: 409, detail: expect.stringContaining('Take it back') });
  expect((await refund(earlier)).status).toBe(201);
  expect((await takeBack(given.id)).status).toBe(200);
  expect([await tooHigh(), await owed()]).toEqual([0n, 0n]);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
});

test.each([false, true])(
  'what a full statement has told is told by no line without a link again (taken back before: %s)',
  async (isTakenBack) => {
    const given = await came(isTakenBack ? 800 : 810);
    const reversal = reversedByHand(given);
    await signed('V1');
    if (isTakenBack) expect((await takeBack(given.id)).status).toBe(200);
    const [before, twin] = [await owed(), await came(isTakenBack ? 801 : 811)];
    await signed('V2');
    expect([await tooHigh(), await owed()]).toEqual([0n, before]);
    expect(await taskOf(reversal)).toBeUndefined();
    expect((await refund(twin)).status).toBe(201);
    if (!isTakenBack) expect((await takeBack(given.id)).status).toBe(200);
    expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
  },
);

test('two people say which it was: never the wrong money, nor one person alone, nor as an expense; then all others are free', async () => {
  const [other, given, small] = [await came(900), await came(900), await came(100)];
  const reversal = reversedByHand(given);
  await signed('V2');
  await world.clock.advance(120_000);
  const later = await came(950);
  for (const [which, code] of [
    [{}, 'paid_out_not_shown'],
    [{ depositId: small.id }, 'paid_out_not_shown'],
    [{ depositId: later.id }, 'paid_out_not_shown'],
  ] as const) {
    const { entryId } = await ask(reversal, 900, which);
    expect(await approve(entryId)).toMatchObject({ status: 409, code });
    expect((await post(`/api/float-entries/${entryId}/reject`, {})).status).toBe(200);
  }
  const asker = await signedIn(world, 'treasurer');
  const { entryId } = await ask(reversal, 900, { depositId: given.id }, asker);
  expect(await approve(entryId, asker)).toMatchObject({ status: 403, code: 'second_person_needed' });
  expect((await approve(entryId)).status).toBe(200);
  expect([await tooHigh(), await owed()]).toEqual([0n, 90_000n]);
  expect([await taskOf(reversal), await taskOf(given.receipt)]).toEqual([undefined, { words: null }]);
  expect((await refund(other)).status).toBe(201);
  expect((await takeBack(given.id)).status).toBe(200);
  expect([await tooHigh(), await owed()]).toEqual([0n, 0n]);
  await signed('V1');
  expect([await tooHigh(), await owed()]).toEqual([0n, 0n]);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
});

test.each([false, true])('a full statement goes before what people have said (taken back before: %s)', async (isTakenBack) => {
  const shillings = isTakenBack ? 1_000 : 1_010;
  const [other, given] = [await came(shillings), await came(shillings)];
  const reversal = reversedByHand(given);
  await signed('V2');
  const { entryId } = await ask(reversal, shillings, { depositId: other.id });
  expect((await approve(entryId)).status).toBe(200);
  if (isTakenBack) expect((await takeBack(other.id)).status).toBe(200);
  const suspense = (await books()).suspense ?? 0n;
  await payBill(world, { account: 'SHAMBA', amountShillings: 13 });
  await signed('V1');
  expect([await tooHigh(), await owed()]).toEqual([0n, BigInt(shillings * 100)]);
  expect(await refund(given)).toMatchObject({ code: 'reversed_elsewhere' });
  await world.pass(2);
  const [now] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [other.receipt]);
  expect((await refund({ ...other, id: now?.id ?? '' })).status).toBe(201);
  expect((await takeBack(given.id)).status).toBe(200);
  expect([await tooHigh(), await owed()]).toEqual([0n, 0n]);
  expect((await books()).suspense).toBe(suspense + 1_300n + (isTakenBack ? 0n : BigInt(-shillings * 100)));
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
});

test('a reversal of ours whose end was lost is what such a line may be: it is asked for, and nothing is booked twice', async () => {
  const given = await came(1_100);
  world.simulator.control.plan({ api: 'reversal', next: 1, lost: true });
  const { payoutId } = await post('/api/refunds', { depositId: given.id, method: 'reversal', reason: 'Not ours' });
  expect((await post(`/api/payouts/${payoutId}/decision`, {}, await signedIn(world, 'admin'))).status).toBe(200);
  await world.pass(1);
  await world.clock.advance(20_000); // it has moved
  const before = await owed();
  const { bytes, name } = await exported(world, { layout: 'V2' });
  const { statementId } = await importedAndSigned(world, bytes, name);
  expect((await show(world, statementId, '?finding=unresolved')).lines).toHaveLength(1);
  expect([await owed(), await openTasks(world)]).toEqual([before, expect.not.objectContaining({ statement_reversed: 1 })]);
  await world.pass(3);
  expect(await world.database.sql('select state from withdrawals where payout_id = $1', [payoutId])).toEqual([{ state: 'paid' }]);
  expect([await tooHigh(), await owed()]).toEqual([0n, before]);
  await payBill(world, { account: 'SHAMBA', amountShillings: 14 });
  await signed('V2');
  expect([await tooHigh(), await owed()]).toEqual([0n, before]);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
});

test.each(['in a late result', 'on a full statement that only agrees'])(
  'of our own reversal, which Safaricom had called failed, the receipt %s says which payment such a line gave back',
  async (where) => {
    const [given, twin] = [await came(1_600), await came(1_600)];
    world.simulator.control.plan({ api: 'reversal', next: 1, lost: true });
    const { payoutId } = await post('/api/refunds', { depositId: given.id, method: 'reversal', reason: 'Not ours' });
    expect((await post(`/api/payouts/${payoutId}/decision`, {}, await signedIn(world, 'admin'))).status).toBe(200);
    await world.pass(1);
    const tell = (says: 'failed' | 'paid', receipt?: string) =>
      world.database.sql(
        `select settle_withdrawal_4(w.id, 'reversal', $3 || w.id, 'x', $3, case $3 when 'paid' then w.amount_cents end, $4, false, w.id::text, null, null, $5, case $3 when 'paid' then '0' else '11' end, '174379', null, $2)
         from withdrawals w where w.payout_id = $1`,
        [payoutId, world.clock.now(), says, receipt ?? null, given.receipt],
      );
    await tell('failed');
    await world.clock.advance(20_000); // it has moved all the same
    const { lines } = await signed('V2');
    expect(lines).toMatchObject([{ verdict: 'unlinked' }]);
    const reversal = lines[0]?.receipt ?? '';
    expect([await tooHigh(), await owed(), (await refund(twin)).code]).toEqual([0n, 160_000n, 'reversed_elsewhere']);
    if (where === 'in a late result') {
      await tell('paid', reversal);
    } else {
      await tell('paid');
      expect([await owed(), (await refund(twin)).code]).toEqual([160_000n, 'reversed_elsewhere']); // nobody has said that it is the same
      await payBill(world, { account: 'SHAMBA', amountShillings: 15 });
      expect((await signed('V1')).lines).toEqual([]);
    }
    await world.pass(3);
    expect([await tooHigh(), await owed(), await taskOf(reversal)]).toEqual([0n, 0n, undefined]);
    expect((await refund(twin)).status).toBe(201);
    expect((await refund(given)).status).not.toBe(201);
  },
);

const DAY = 24 * 3_600_000;

test('a part locks all that it may be a part of until the full layout says which, and is taken back as a part', async () => {
  await world.clock.advance(DAY);
  const [given, other] = [await came(1_200), await came(1_300)];
  const small = await came(290);
  await world.clock.advance(120_000);
  const back = reversed(newReceipt(world.clock.now()), world.clock.now(), 300, given.receipt);
  const { bytes, name } = plainFile('174379', world.clock.now(), 5_000, [back]);
  await importedAndSigned(world, bytes, name);
  expect([await tooHigh(), await owed()]).toEqual([-30_000n, 30_000n]); // Safaricom gives back no parts here
  for (const each of [given, other]) expect(await refund(each, 'b2c', 100)).toMatchObject({ code: 'reversed_elsewhere' });
  expect((await refund(small)).status).toBe(201);
  const now = world.clock.now();
  await importedAndSigned(world, portalFile('174379', now, now, 5_000, [back]));
  await world.pass(1);
  expect([await tooHigh(), await owed()]).toEqual([-30_000n, 30_000n]);
  expect((await refund(other)).status).toBe(201);
  expect(await refund(given, 'b2c', 100)).toMatchObject({
    code: 'reversed_elsewhere',
    detail: expect.stringContaining('KES 300 of this KES 1,200'),
  });
  expect((await takeBack(given.id)).status).toBe(200);
  expect((await refund(given, 'b2c', 900)).status).toBe(201);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
});

test.each(['before', 'after'])(
  'a notice that bears the receipt of such a reversal (told %s the statement) is not the payment that was given back',
  async (when) => {
    const given = await came(1_400);
    const reversal = reversedByHand(given);
    const TransTime = toNairobiTimestamp(world.clock.now());
    const body = noticeBody({ TransID: reversal, TransTime, TransAmount: '1400.00', BillRefNumber: 'NDIZI' });
    const told = async () => {
      expect((await world.send('POST', noticePaths(world).confirmation, { body: JSON.parse(body) })).status).toBe(200);
      await world.pass(3);
    };
    if (when === 'before') await told();
    await signed('V2');
    if (when === 'after') await told();
    expect([await tooHigh(), await owed()]).toEqual([0n, 140_000n]);
    expect(await refund(given)).toMatchObject({ code: 'reversed_elsewhere' });
  },
);

test('the daily layout has no balance: it cannot be signed, and locks nothing', async () => {
  const given = await came(1_500);
  const reversal = reversedByHand(given);
  const at = new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
  const { statementId } = await imported(
    world,
    Buffer.from(`${reversal},${at},Pay Utility Reversal,Completed,1500.00,0\n`),
    'Mpesa_174379_20261121235959.csv',
  );
  const response = await signOff(world, statementId, await signedIn(world, 'treasurer'));
  expect([response.status, await response.json()]).toMatchObject([409, { code: 'statement_not_whole' }]);
});

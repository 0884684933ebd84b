import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';
import { confirm, newReceipt, noticeBody, openTasks, owe, register, tellsNow } from '../paybill/paybill.ts';
import { newPhone, push, statusOf } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { counts, exported, imported, importedAndSigned, show, signOff, upload } from './importing.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
});
afterAll(() => world.stop());

const payLost = (account: string, amountShillings = 200) => {
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  return world.simulator.control.payBill({ phone: newPhone(), amountShillings, account });
};
const float = async () => (await balances(world.app.db)).paybill_float ?? 0n;
const depositsOf = (receipt: string) =>
  world.database.sql('select source, confirmed_at is not null as proved from deposits where receipt = $1 and merged_into is null', [
    receipt,
  ]);

describe('a payment whose notice was lost', () => {
  test('is found missing by the statement, booked by nobody before the sign-off, and then proved, booked and allocated', async () => {
    const { paymentId, reference } = await owe(world, 'maize');
    const paid = await payLost(reference);
    const receipt = 'receipt' in paid ? paid.receipt : '';
    await world.pass(5);
    const before = await booksBalance(world);
    const { bytes, name } = await exported(world);
    const shown = await imported(world, bytes, name);
    expect(shown).toMatchObject({ state: 'matched', whole: true, shortcode: '174379', problems: [] });
    expect(counts(shown)).toEqual({ 'missing_here in': 1 });
    expect(await depositsOf(receipt)).toEqual([]);
    expect(await booksBalance(world)).toEqual(before);
    expect(await openTasks(world)).toMatchObject({ statement_unsigned: 1 });

    expect((await signOff(world, shown.statementId, await signedIn(world, 'treasurer'))).status).toBe(200);
    await world.pass(1);
    expect(await show(world, shown.statementId)).toMatchObject({
      state: 'done',
      refutes: true,
      lines: [{ receipt, finding: 'missing_here', verdict: 'arrives' }],
    });
    expect(await depositsOf(receipt)).toEqual([{ source: 'statement', proved: true }]);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', proved: true, mpesaReceiptNumber: receipt });
    const books = await booksBalance(world);
    expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
    expect(await openTasks(world)).not.toHaveProperty('statement_unsigned');
    const audit = await world.database.sql('select action from audit where subject = $1 order by happened_at, action', [shown.statementId]);
    expect(audit.map(({ action }) => action)).toEqual(['statement_uploaded', 'statement_signed'].sort());
  });

  test('is not booked again by the same statement, by one that overlaps, or by both at once', async () => {
    await payLost('SHAMBA', 310);
    await world.pass(1);
    const first = await exported(world);
    await payLost('SHAMBA', 311);
    await world.pass(1);
    const second = await exported(world);
    const [treasurer, other] = await Promise.all([signedIn(world, 'treasurer'), signedIn(world, 'treasurer')]);
    const answers = await Promise.all([first, first, second].map(({ bytes, name }) => upload(world, bytes, treasurer, name)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 409]);
    const ids = (await Promise.all(answers.filter(({ status }) => status === 202).map((answer) => answer.json()))) as {
      statementId: string;
    }[];
    await world.pass(1);
    const signed = await Promise.all(ids.map(({ statementId }) => signOff(world, statementId, other)));
    expect(signed.map(({ status }) => status)).toEqual([200, 200]);
    await world.pass(2);
    const books = await booksBalance(world);
    expect(await float()).toBe(books.truthCents);
    const [twice] = answers.filter(({ status }) => status === 409);
    expect(await twice?.json()).toMatchObject({ code: 'statement_known', statementId: expect.any(String) });
  });
});

test('a file is imported once, however many bring it at the same moment', async () => {
  await payLost('SHAMBA', 315);
  await world.pass(1);
  const { bytes, name } = await exported(world);
  const treasurer = await signedIn(world, 'treasurer');
  // what they write first waits, so that none has seen another's
  const held = world.database.sql('do $$ begin lock table statements in share row exclusive mode; perform pg_sleep(1); end $$');
  const answers = await Promise.all(Array.from({ length: 8 }, () => upload(world, bytes, treasurer, name)));
  await held;
  expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array(7).fill(409)]);
  const told = (await Promise.all(answers.map((answer) => answer.json()))) as { statementId: string }[];
  expect(new Set(told.map(({ statementId }) => statementId)).size).toBe(1);
  await world.pass(1);
  expect((await signOff(world, told[0]?.statementId ?? '', await signedIn(world, 'treasurer'))).status).toBe(200);
  await world.pass(1);
});

describe('who uploads a statement', () => {
  test('does not sign it off, neither themselves nor for the key they made; a key whose maker nobody knows has no second person', async () => {
    await payLost('SHAMBA', 320);
    const { bytes, name } = await exported(world, { layout: 'V1a' });
    const [treasurer, other] = await Promise.all([signedIn(world, 'treasurer'), signedIn(world, 'treasurer')]);
    const { statementId } = (await (await upload(world, bytes, treasurer, name)).json()) as { statementId: string };
    const own = await signOff(world, statementId, treasurer);
    expect([own.status, await own.json()]).toMatchObject([403, { code: 'second_person_needed' }]);
    expect((await signOff(world, statementId, await operator(world, 'statements:upload'))).status).toBe(403);
    expect(await show(world, statementId)).toMatchObject({ state: 'matched' });

    const [person] = await world.database.sql<{ actor: string }>('select uploaded_by as actor from statements where id = $1', [
      statementId,
    ]);
    await world.database.sql("update statements set uploaded_by = 'key:00000000-0000-7000-8000-000000000001' where id = $1", [statementId]);
    const nobody = await signOff(world, statementId, other);
    expect([nobody.status, await nobody.json()]).toMatchObject([403, { code: 'second_person_needed' }]);
    await world.database.sql(
      "insert into api_keys (id, name, scopes, secret_hash, created_at, created_by) values ('00000000-0000-7000-8000-000000000001', 'k', '{}', 'x', now(), $1)",
      [person?.actor],
    );
    expect((await signOff(world, statementId, treasurer)).status).toBe(403);
    const both = await Promise.all([signOff(world, statementId, other), signOff(world, statementId, await signedIn(world, 'admin'))]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    await world.pass(1);
  });

  test('may discard it: nothing of it is kept but its name, and the file may come again', async () => {
    await payLost('SHAMBA', 330);
    const { bytes, name } = await exported(world);
    const shown = await imported(world, bytes, name);
    const treasurer = await signedIn(world, 'treasurer');
    const discard = () => world.send('POST', `/api/statements/${shown.statementId}/discard`, { body: {}, headers: treasurer });
    expect((await discard()).status).toBe(200);
    expect((await discard()).status).toBe(409);
    expect((await signOff(world, shown.statementId, treasurer)).status).toBe(409);
    expect(await world.database.sql('select from statement_lines where statement_id = $1', [shown.statementId])).toEqual([]);
    const again = await importedAndSigned(world, bytes, name);
    expect(again.state).toBe('done');
    expect(await float()).toBe((await booksBalance(world)).truthCents);
  });
});

describe('what was told and is a lie', () => {
  test('is refuted by a whole statement of its time, once it is signed, and one action takes it back', async () => {
    const { paymentId, reference } = await owe(world, 'coffee');
    await world.pass(5);
    const forged = tellsNow(world);
    await confirm(world, noticeBody({ ...forged, BillRefNumber: reference }));
    await payLost('SHAMBA', 340);
    await world.pass(5);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', proved: false });
    const { bytes, name } = await exported(world);
    const shown = await imported(world, bytes, name);
    expect(counts(shown)).toMatchObject({ 'missing_there in': 1 });
    expect((await show(world, shown.statementId, '?finding=missing_there')).movements).toMatchObject([
      { receipt: forged.TransID, proved: false },
    ]);
    expect(await openTasks(world)).not.toHaveProperty('deposit_refuted');

    await signOff(world, shown.statementId, await signedIn(world, 'treasurer'));
    await world.pass(1);
    expect(await openTasks(world)).toMatchObject({ deposit_refuted: 1 });
    const [lie] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [forged.TransID]);
    const headers = await signedIn(world, 'treasurer');
    const taken = await world.send('POST', `/api/deposits/${lie?.id}/take-back`, { body: { reason: 'Not on the statement' }, headers });
    expect(taken.status).toBe(200);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'reversed' });
    expect((await balances(world.app.db)).paybill_told ?? 0n).toBe(0n);
    expect(await openTasks(world)).not.toHaveProperty('statement_missing_there');
  });

  test('is not refuted by a statement with a gap, nor by one that does not join the last one: neither can be signed, and says why', async () => {
    const forged = tellsNow(world);
    await confirm(world, noticeBody({ ...forged, TransAmount: '77', BillRefNumber: 'SHAMBA' }));
    const lost = [await payLost('SHAMBA', 350), await payLost('SHAMBA', 351), await payLost('SHAMBA', 352)];
    await world.pass(3);
    const { text, name } = await exported(world);
    const receipts = lost.map((paid) => ('receipt' in paid ? paid.receipt : ''));
    const refused = async (rows: string[]) => {
      const shown = await imported(world, Buffer.from(rows.join('\r\n')), name);
      const response = await signOff(world, shown.statementId, await signedIn(world, 'treasurer'));
      return { ...shown, answer: [response.status, ((await response.json()) as { code: string }).code] };
    };
    const rows = text.split('\r\n');
    const gap = await refused(rows.filter((row) => !row.startsWith(receipts[1] ?? '')));
    expect(gap).toMatchObject({ state: 'matched', whole: false, answer: [409, 'statement_not_whole'] });
    expect(gap.problems).toContainEqual({
      lineNumber: expect.any(Number),
      problem: expect.stringContaining('the line before it and its own amount make'),
    });
    const doctored = await refused(rows.map((row) => (row.startsWith(receipts[2] ?? '') ? row.replace(',352.00,', ',90352.00,') : row)));
    expect(doctored).toMatchObject({ whole: false, answer: [409, 'statement_not_whole'] });
    expect(doctored.problems.length).toBeGreaterThan(0);

    const raised = text
      .replace(
        /Opening Balance:,[\d.]+,Closing Balance:,([\d.]+)/,
        (_, closing) => `Opening Balance:,1000.00,Closing Balance:,${(Number(closing) + 1000).toFixed(2)}`,
      )
      .split('\r\n')
      .map((row) =>
        /,Completed,/.test(row)
          ? row.replace(/,([\d.]+),(true|TRUE),/i, (_, balance, rest) => `,${(Number(balance) + 1000).toFixed(2)},${rest},`)
          : row,
      );
    expect(await refused(raised)).toMatchObject({ state: 'matched', whole: true, answer: [409, 'statement_does_not_join'] });
    const undated = raised.filter((row) => !/^"?(Time Period|Operator)/.test(row)); // its period left out
    expect(await refused(undated)).toMatchObject({ state: 'matched', whole: false, answer: [409, 'statement_does_not_join'] });
    for (const receipt of receipts) expect(await depositsOf(receipt)).toEqual([]);
    const [lie] = await world.database.sql('select refuted_at, merged_into from deposits where receipt = $1', [forged.TransID]);
    expect(lie).toEqual({ refuted_at: null, merged_into: null });

    const shown = await importedAndSigned(world, Buffer.from(text), name);
    expect(shown).toMatchObject({ state: 'done', refutes: true });
    for (const receipt of receipts) expect(await depositsOf(receipt)).toMatchObject([{ proved: true }]);
  });
});

test('a success that a query told without a receipt gets its receipt from the statement, and is not booked twice', async () => {
  const { paymentId } = await push(world, { phoneNumber: '254711111119', items: [{ sku: 'coffee', quantity: 7 }] }); // pays, and the callback is lost
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  await world.pass(20);
  const shown = await importedAndSigned(world, (await exported(world)).bytes);
  expect(counts(shown)['names in']).toBe(1);
  await world.pass(1);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', mpesaReceiptNumber: expect.stringMatching(/^[A-Z0-9]{10}$/) });
  expect(await float()).toBe((await booksBalance(world)).truthCents);
});

test('what was told is not refuted at the very ends of a statement, where clocks may differ, nor where its receipt is of another day than the statement has', async () => {
  await world.clock.advance(3 * 3_600_000);
  const tell = async (TransID: string, at: Date) => {
    await confirm(world, noticeBody({ TransID, TransTime: toNairobiTimestamp(at), TransAmount: '78', BillRefNumber: 'SHAMBA' }));
    return TransID;
  };
  const now = world.clock.now();
  const before = new Date(now.getTime() - 10 * 60_000);
  const inside = await tell(newReceipt(before), before);
  const otherDay = await tell(newReceipt(new Date(now.getTime() - 9 * 86_400_000)), before);
  await payLost('SHAMBA', 353);
  await world.clock.advance(30_000);
  const end = await exported(world);
  const atEnd = await tell(newReceipt(now), new Date(world.clock.now().getTime() - 20_000));
  await importedAndSigned(world, end.bytes, end.name);
  await world.pass(1);
  const refuted = async (receipt: string) =>
    (await world.database.sql('select refuted_at is not null as yes from deposits where receipt = $1', [receipt]))[0]?.yes;
  expect([await refuted(inside), await refuted(otherDay), await refuted(atEnd)]).toEqual([true, false, false]);
});

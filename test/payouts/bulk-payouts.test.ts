import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '#people/auth/api-keys.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { approve, counts, csvOf, fill, type Headers, post, see, sentCents, upload } from './bulk.ts';

let world: World;
let asker: Headers;
let approver: Headers;

beforeAll(async () => {
  world = await startWorld();
  [asker, approver] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  await fill(world, 3);
});
afterAll(() => world.stop());

async function expectBooksToBalance(): Promise<void> {
  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
}
const tasks = (kind: string, bulkId: unknown) =>
  world.database.sql<{ open: boolean; words: string }>(
    'select closed_at is null as open, words from reviews where kind = $1 and subject = $2',
    [kind, bulkId],
  );
const trail = async (bulkId: unknown) =>
  (await world.database.sql<{ action: string }>('select action from audit where subject = $1 order by id', [bulkId])).map(
    ({ action }) => action,
  );

test('a file is checked, approved once and paid line by line, each once, and says how it goes on', async () => {
  const payee = newPhone();
  const { status, body } = await upload(
    world,
    csvOf([{ amount: 9_000, phone: payee, name: 'Wanjiku' }, { amount: 8_000, reference: 'W-2' }, { amount: '"7,000"' }]),
    asker,
  );
  expect([status, body]).toMatchObject([
    201,
    { state: 'requested', lines: 3, amount: 24_000, repeats: 0, reference: expect.stringMatching(/^BP-/) },
  ]);
  expect(await tasks('bulk_waits', body.bulkId)).toMatchObject([
    { open: true, words: expect.stringContaining('3 payments, KES 24,000 in all') },
  ]);
  const seen = await see(world, body.bulkId, approver);
  expect(seen).toMatchObject({ hash: body.hash, progress: { waiting: { lines: 3, amount: 24_000 } }, float: { short: 0 } });
  expect(seen.lines[0]).toMatchObject({ line: 2, state: 'waiting', phoneNumber: payee });

  const before = sentCents(world);
  expect(await approve(world, body, approver)).toMatchObject({ status: 200, body: { state: 'approved' } });
  expect(counts(await see(world, body.bulkId, asker))).toEqual({ reserved: 3 }); // a head start, right after the answer
  expect(await tasks('bulk_waits', body.bulkId)).toMatchObject([{ open: false }]);
  await world.pass(3);
  const after = await see(world, body.bulkId, asker);
  expect(counts(after)).toEqual({ paid: 3 });
  expect(after.lines[0]).toMatchObject({
    state: 'paid',
    receipt: expect.stringMatching(/^[A-Z0-9]{10}$/),
    maskedPhone: expect.stringContaining('••'),
  });
  expect(after.lines[0]).not.toHaveProperty('phoneNumber');
  expect(sentCents(world) - before).toBe(2_400_000n);
  expect(await trail(body.bulkId)).toEqual(['bulk_requested', 'bulk_approved', 'bulk_reserved']);
  await expectBooksToBalance();
  const csv = await (await world.send('GET', `/api/bulk-payouts/${body.bulkId}?format=csv`, { headers: asker })).text();
  expect(csv.split('\n')[0]).toBe('line,phone,amount,name,reference,state,why,receipt,payoutId,repeats');
  const listed = await (await world.send('GET', '/api/bulk-payouts?limit=1', { headers: asker })).json();
  expect(listed).toMatchObject({ bulkPayouts: [{ bulkId: body.bulkId, state: 'started', amount: 24_000, reason: 'Wages' }] });
});

describe('a file with mistakes', () => {
  test('keeps nothing, and says of each line what to change', async () => {
    const file = csvOf([
      { amount: 500 },
      { phone: '0712', amount: 'ten' },
      { phone: '2.54712E+11', amount: 5 },
      { amount: 300, reference: 'A' },
      { amount: 400, reference: 'A' },
    ]);
    const { status, body } = await upload(world, file, asker);
    expect([status, body.code, body.errorCount]).toEqual([422, 'bulk_unreadable', 5]);
    expect(body.errors).toEqual([
      { line: 3, column: 'phone', message: 'Enter a Kenyan mobile number like 0712 345 678.' },
      { line: 3, column: 'amount', message: 'Enter whole shillings, 10 to 10,000,000, like 1500.' },
      { line: 4, column: 'phone', message: 'The spreadsheet has rounded this number: make the column text, and enter the number again.' },
      { line: 4, column: 'amount', message: 'Enter whole shillings, 10 to 10,000,000, like 1500.' },
      { line: 6, column: 'reference', message: 'Line 5 has this reference too: give each payment its own.' },
    ]);
    expect(await world.database.sql('select from bulk_lines l join bulk_payouts b on b.id = l.bulk_id where b.lines = 5')).toEqual([]);
  });

  test.each([
    ['no columns', 'hello\nworld', 'The first line names the columns'],
    ['no lines', 'phone,amount\n', 'no lines beside its header'],
    ['two columns for one thing', 'phone,Mobile,amount\n0712345678,0722345678,10\n', '"phone" and "Mobile" both mean phone'],
    [
      'two names for one thing in JSON',
      '{"phone": "0712345678", "amount": 10, "Amount (KES)": 900}',
      '"amount" and "Amount (KES)" both mean amount',
    ],
    ['an open quotation mark', 'phone,amount\n"0712345678,100\n', 'a quotation mark is not closed'],
    ['an amount that a comma has split', 'phone,amount,name\n0712345678,10,500\n', 'This is a number'],
    ['more cells than columns', 'phone,amount\n0712345678,10,500\n', 'more cells than the header'],
    ['bytes of an Excel file', 'PK\u0000\u0003', 'save the sheet as CSV'],
    ['JSON that is none', '{"phone": "0712345678"', 'one JSON object in each line'],
    ['an object for a cell', '{"phone": "0712345678", "amount": {"toString": 1}}', 'or a number'],
    ['deep nesting', `{"phone": ${'['.repeat(50_000)}${']'.repeat(50_000)}, "amount": 10}`, 'or a number'],
    ['too many lines', csvOf(Array.from({ length: 5_001 }, () => ({ phone: '0712345678', amount: 10 }))), 'at most 5000 lines'],
  ])('such as %s', async (_, file, says) => {
    const { status, body } = await upload(world, file, asker);
    expect([status, body.code, body.detail]).toEqual([422, 'bulk_unreadable', expect.stringContaining(says)]);
  });

  test('and one of semicolons, or of JSON lines, is read', async () => {
    const semicolons = await upload(world, `Phone Number;Amount (KES);Remarks\n${newPhone()};KES 1,500.00;Jane, weekly\n`, asker);
    expect(semicolons).toMatchObject({ status: 201, body: { lines: 1, amount: 1_500 } });
    const json = await upload(
      world,
      `{"phone": "${newPhone()}", "amount": 20}\n\n{"phone": "${newPhone()}", "amount": "30", "name": "Ali"}`,
      asker,
    );
    expect(json).toMatchObject({ status: 201, body: { lines: 2, amount: 50 } });
  });
});

describe('who approves', () => {
  test('above the limit a second person, by the total; nobody twice; only with the hash of what they read', async () => {
    const { body } = await upload(world, csvOf([{ amount: 6_000 }, { amount: 5_000 }]), asker);
    expect(await approve(world, body, asker)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
    expect(await approve(world, { ...body, hash: 'other' }, approver)).toMatchObject({ status: 409, body: { code: 'bulk_changed' } });
    expect(await post(world, `/api/bulk-payouts/${body.bulkId}/decision`, {}, approver)).toMatchObject({
      status: 400,
      body: { code: 'invalid_input' },
    });
    expect(await approve(world, body, approver)).toMatchObject({ status: 200 });
    expect(await approve(world, body, approver)).toMatchObject({ status: 409, body: { code: 'bulk_decided' } });
  });

  test('what one person approves alone counts with the whole, for the day and for each payee', async () => {
    const [alone, payee] = [await signedIn(world, 'treasurer'), newPhone()];
    const small = await upload(world, csvOf([{ amount: 6_000, phone: payee }, { amount: 3_000 }]), alone);
    expect(await approve(world, small.body, alone)).toMatchObject({ status: 200 });
    const again = await upload(world, csvOf([{ amount: 2_500, phone: payee }, { amount: 10 }, { amount: 2_000, phone: payee }]), alone);
    expect(await approve(world, again.body, alone)).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('for this payee') },
    });
    const single = await post(world, '/api/payouts', { phoneNumber: payee, amount: 4_500, reason: 'More' }, alone);
    expect(await post(world, `/api/payouts/${single.body.payoutId}/decision`, {}, alone)).toMatchObject({ status: 403 });
    const results = [];
    for (let n = 0; n < 10; n++)
      results.push((await approve(world, (await upload(world, csvOf([{ amount: 9_900 - n }]), alone)).body, alone)).status);
    expect(results).toEqual([...Array.from({ length: 9 }, () => 200), 403]); // 100,000 a day
  });

  test('a key counts as its maker, and one that nobody is known to have made sends no file', async () => {
    const now = world.clock.now();
    const old = await createApiKey(world.app.db, { name: 'Old', scopes: ['payouts:request'], now });
    expect(await upload(world, csvOf([{ amount: 10 }]), { authorization: `Bearer ${old.token}` })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    const maker = await signedIn(world, 'treasurer');
    const [person] = await world.database.sql<{ id: string }>("select id from people where role = 'treasurer' order by id desc limit 1");
    const made = await createApiKey(world.app.db, { name: 'ERP', scopes: ['payouts:request'], createdBy: `person:${person?.id}`, now });
    const key = { authorization: `Bearer ${made.token}` };
    const { body } = await upload(world, csvOf([{ amount: 20_000 }]), key);
    expect(await approve(world, body, key)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await approve(world, body, maker)).toMatchObject({ status: 403, body: { detail: expect.stringContaining('Your own API key') } });
    expect((await see(world, body.bulkId, key)).lines[0]).not.toHaveProperty('phoneNumber');
  });

  test('two at once, ten times each: it is decided once', async () => {
    const { body } = await upload(world, csvOf([{ amount: 1_000 }, { amount: 1_001 }]), asker);
    const before = sentCents(world);
    const other = await signedIn(world, 'treasurer');
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => approve(world, body, n % 2 ? other : approver)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    await world.pass(3);
    expect(counts(await see(world, body.bulkId, asker))).toEqual({ paid: 2 });
    expect(sentCents(world) - before).toBeGreaterThanOrEqual(200_100n);
    await expectBooksToBalance();
  });

  test('a declined one never moves', async () => {
    const { body } = await upload(world, csvOf([{ amount: 1_000 }]), asker);
    expect(await post(world, `/api/bulk-payouts/${body.bulkId}/decision`, { decision: 'decline' }, asker)).toMatchObject({
      status: 200,
      body: { state: 'declined' },
    });
    expect(await approve(world, body, approver)).toMatchObject({ status: 409 });
    expect(counts(await see(world, body.bulkId, asker))).toEqual({ cancelled: 1 });
  });

  test('lines that were changed beneath it are not approved, and cannot be', async () => {
    const { body } = await upload(world, csvOf([{ amount: 1_000 }]), asker);
    const [kept] = await world.database.sql<Record<string, string | null>>('select * from bulk_lines where bulk_id = $1', [body.bulkId]);
    for (const column of ['phone', 'name', 'own_reference']) expect(kept?.[column] ?? 'v1.').toMatch(/^v1\./);
    const change = (set: string) => world.database.sql(`update bulk_lines set ${set} where bulk_id = $1`, [body.bulkId]);
    await expect(change('amount_cents = 900000')).rejects.toThrow('never changed');
    await expect(world.database.sql('delete from bulk_lines where bulk_id = $1', [body.bulkId])).rejects.toThrow('never changed');
    await change('name = null, phone = (select phone from bulk_lines where bulk_id <> $1 limit 1)');
    expect(await approve(world, body, approver)).toMatchObject({ status: 409, body: { code: 'bulk_changed' } });
  });
});

describe('what repeats', () => {
  test('the same lines within thirty days are refused, also at once, unless that is meant', async () => {
    const file = csvOf([{ amount: 700 }, { amount: 800 }]);
    const answers = await Promise.all(Array.from({ length: 6 }, () => upload(world, file, asker)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === 'bulk_repeated')).toHaveLength(5);
    const again = await upload(world, file, asker, '&again=true');
    expect(again).toMatchObject({ status: 201, body: { repeats: 2 } });
    for (const { body } of answers.filter(({ status }) => status === 201).concat(again))
      await post(world, `/api/bulk-payouts/${body.bulkId}/decision`, { decision: 'decline' }, approver);
    expect(await upload(world, file, asker)).toMatchObject({ status: 201, body: { repeats: 0 } }); // given up: it may be sent again
  });

  test('a phone and amount within the file, in another that waits, or in a payout of seven days, is shown', async () => {
    const [twice, paid, waits] = [newPhone(), newPhone(), newPhone()];
    const single = await post(world, '/api/payouts', { phoneNumber: paid, amount: 600, reason: 'Advance' }, asker);
    await upload(world, csvOf([{ phone: waits, amount: 650 }]), asker);
    const { body } = await upload(
      world,
      csvOf([
        { phone: twice, amount: 500 },
        { phone: twice, amount: 500 },
        { phone: paid, amount: 600 },
        { phone: paid, amount: 601 },
        { phone: waits, amount: 650 },
      ]),
      asker,
    );
    expect(body.repeats).toBe(4);
    const { lines } = await see(world, body.bulkId, approver);
    expect(lines.map(({ repeats }) => repeats)).toMatchObject([
      [{ line: 3 }],
      [{ line: 2 }],
      [{ payout: single.body.reference }],
      [],
      [{ payout: expect.stringMatching(/^BP-/), line: 2 }],
    ]);
    expect((await see(world, body.bulkId, approver, '?repeats=true&limit=2')).lines.map(({ line }) => line)).toEqual([2, 3]);
  });
});

test('each line is sent under an id that is made of the line, so that a copy of an earlier state sends it under the same', async () => {
  const { body } = await upload(world, csvOf([{ amount: 20 }, { amount: 30 }]), asker);
  await approve(world, body, approver);
  await world.pass(2);
  const sent = await world.database.sql<{ id: string; made: string }>(
    `select w.id, overlay(overlay(md5('withdrawal:line:' || l.id || ':1') placing '8' from 13) placing '8' from 17)::uuid as made
      from bulk_lines l join withdrawals w on w.payout_id = l.payout_id where l.bulk_id = $1`,
    [body.bulkId],
  );
  expect(sent).toHaveLength(2);
  expect(sent.filter(({ id, made }) => id !== made)).toEqual([]);
});

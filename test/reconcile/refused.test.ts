import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { readStatement } from '#mpesa/statements/read-statement.ts';
import type { StatementLine } from '#mpesa/statements/statement.ts';
import { HEADER, manyPayments, paymentRow, preamble, toCsv } from '../statements/sample-statement.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { counts, imported, importedAndSigned, show, upload } from './importing.ts';

const FOLDER = 'test/statements/files';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_SHORTCODES: '600981,600982,600983,600984,600985,600986,600987,600988' } });
});
afterAll(() => world.stop());

const nothingKept = async (statementId: string) =>
  expect(await world.database.sql('select from statement_lines where statement_id = $1', [statementId])).toEqual([]);

describe('a file that cannot be read whole', () => {
  test('is refused with its errors line by line, and nothing of it is kept', async () => {
    const shown = await imported(world, readFileSync(`${FOLDER}/08-broken.csv`), '08-broken.csv');
    const why = expect.stringMatching(/Export the same days from the M-PESA portal again.*without opening or changing it/); // nobody is told to mend it
    expect(shown).toMatchObject({ state: 'refused', refused: { code: 'statement_lines_unreadable', why } });
    expect(shown.problems.length).toBeGreaterThan(2);
    for (const { lineNumber, problem } of shown.problems) expect([typeof lineNumber, problem.length > 10]).toEqual(['number', true]);
    await nothingKept(shown.statementId);
  });

  test('with exchanged day and month is refused, and says why', async () => {
    const rows = [
      ...preamble({ closing: 30, paidIn: 30 }),
      HEADER,
      ...[3, 2, 1].map((n) => paymentRow(n, { day: '04-11-2026', code: 'UDB', balance: 10 * n })),
    ];
    const shown = await imported(world, toCsv(rows));
    expect(shown).toMatchObject({
      state: 'refused',
      refused: { code: 'statement_dates_disagree', why: expect.stringContaining('Day and month are swapped') },
    });
    await nothingKept(shown.statementId);
  });

  test.each([
    ['no statement at all', Buffer.from('hello, this is a letter\n'), 'statement_layout_unknown'],
    ['a picture', Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n\0', 'latin1'), randomBytes(2_000)]), 'statement_unreadable'],
    ["somebody else's short code", toCsv(manyPayments(3).with(1, ['Short Code:', '600111'])), 'statement_shortcode_unknown'],
    ['no short code', toCsv(manyPayments(3).toSpliced(1, 1)), 'statement_shortcode_unknown'],
  ])('being %s is refused', async (_, bytes, code) => {
    expect(await imported(world, bytes)).toMatchObject({ state: 'refused', refused: { code } });
  });
});

describe('the size of a file', () => {
  test('is 4 MB a request, which the answer to a larger one says; a form cannot send one, nor a visitor', async () => {
    const treasurer = await signedIn(world, 'treasurer');
    const large = await upload(world, Buffer.alloc(4 * 1024 * 1024 + 1, 'a'), treasurer);
    expect([large.status, await large.json()]).toMatchObject([413, { code: 'body_too_large', detail: expect.stringContaining('4194304') }]);
    const empty = await upload(world, Buffer.alloc(0), treasurer);
    expect(empty.status).toBe(400);
    const form = await world.send('POST', '/api/statements?fileName=x', {
      body: 'x',
      headers: { ...treasurer, 'content-type': 'text/plain' },
    });
    expect(form.status).toBe(415);
    expect((await world.send('POST', '/api/statements?fileName=x', { body: Buffer.from('x') })).status).toBe(401);
  });

  test.each(['0', '26', 'two'])('comes in 1 to 25 parts, and not in %s', async (parts) => {
    const refused = await upload(world, toCsv(manyPayments(1)), await signedIn(world, 'treasurer'), 'a.csv', `&parts=${parts}`);
    expect(await refused.json()).toMatchObject({
      status: 400,
      detail: expect.stringContaining('in how many parts of 4 MB the file comes: 1 to 25'),
    });
  });

  test('may be more in parts, in any order, each once: the file is read when the last is there', async () => {
    const treasurer = await signedIn(world, 'treasurer');
    const bytes = toCsv(manyPayments(30_000));
    const cut = Math.ceil(bytes.length / 3);
    expect(cut).toBeGreaterThan(1_100_000);
    const parts = [0, 1, 2].map((n) => bytes.subarray(n * cut, (n + 1) * cut));
    const first = await upload(world, parts[0] as Buffer, treasurer, 'large.csv', '&parts=3');
    const { statementId, state } = (await first.json()) as { statementId: string; state: string };
    expect([first.status, state]).toEqual([202, 'receiving']);
    const put = (part: number, body: Uint8Array, headers = treasurer) =>
      world.send('PUT', `/api/statements/${statementId}/parts/${part}`, { body, headers });
    expect((await put(3, parts[2] as Buffer, await signedIn(world, 'treasurer'))).status).toBe(404); // another person's upload
    expect((await put(4, parts[2] as Buffer)).status).toBe(404);
    const twice = await Promise.all([put(3, parts[2] as Buffer), put(3, parts[2] as Buffer)]);
    expect(twice.map(({ status }) => status)).toEqual([202, 202]);
    expect((await put(3, parts[1] as Buffer)).status).toBe(409);
    expect(await (await put(2, parts[1] as Buffer)).json()).toMatchObject({ state: 'waiting', received: [1, 2, 3] });
    // the function with minutes of time is at it, beside the job of each minute
    await expect.poll(async () => (await show(world, statementId)).state, { timeout: 90_000, interval: 500 }).toBe('matched');
    const shown = await show(world, statementId);
    expect(shown).toMatchObject({ state: 'matched', progress: { lines: 30_000, done: 30_000 }, whole: true });
    expect(counts(shown)).toEqual({ 'missing_here in': 30_000 });
    const kept = await world.database.sql<{ packed: string }>('select packed from statement_parts where statement_id = $1 order by part', [
      statementId,
    ]);
    expect(kept).toHaveLength(3);
    for (const { packed } of kept) expect(packed).toMatch(/^v1\.k1\./);
    const page = await show(world, statementId, `?finding=missing_here&limit=200&after=${shown.nextAfter}`);
    expect([page.lines.length, page.lines[0]?.n]).toEqual([200, 51]);
  }, 120_000);
});

/** The float of each short code, in cents. */
async function floats(): Promise<Record<string, bigint>> {
  const rows = await world.database.sql<{ code: string; cents: string }>(
    `select substring(a.id from 15) as code, coalesce((select sum(amount_cents) from transfers where debit_account = a.id), 0) - coalesce((select sum(amount_cents) from transfers where credit_account = a.id), 0) as cents
     from accounts a where a.parent = 'paybill_float' order by 1`,
  );
  return Object.fromEntries(rows.map(({ code, cents }) => [code, BigInt(cents)]));
}

/** What the samples say of each short code: customers' and businesses' money, less charges, sweeps and what was given back, each receipt of a sign and kind once. What people paid out by hand is for a person. */
async function whatFilesSay(): Promise<Record<string, bigint>> {
  const seen = new Map<string, { code: string; cents: bigint }>();
  for (const name of samples()) {
    const { file, bytes, code } = sample(name);
    const read = await readStatement(bytes, file);
    if (read.outcome === 'refused') throw new Error(read.message);
    const paid = new Set(
      read.lines.filter(({ direction, kind }) => direction === 'in' && kind === 'payment').map(({ receipt }) => receipt),
    );
    const isGivenBack = ({ kind, direction, linkedReceipt, receipt }: StatementLine) =>
      kind === 'reversal' && direction === 'out' && paid.has(linkedReceipt ?? receipt);
    for (const line of read.lines) {
      const { receipt, direction, kind, amountCents } = line;
      if (['payment', 'organisation', 'charge', 'sweep'].includes(kind) || isGivenBack(line))
        seen.set(`${code} ${receipt} ${direction} ${kind}`, { code, cents: direction === 'in' ? amountCents : -amountCents });
    }
  }
  const sums: Record<string, bigint> = {};
  for (const { code, cents } of seen.values()) sums[code] = (sums[code] ?? 0n) + cents;
  return sums;
}

/** A sample as that of a short code of its own: they do not join each other. */
function sample(name: string): { file: string; bytes: Buffer; code: string } {
  const code = `60098${name[1]}`;
  const as = (text: string) => text.replace(/60098\d/, code);
  return { file: as(name), bytes: Buffer.from(as(readFileSync(`${FOLDER}/${name}`, 'utf8'))), code };
}

const samples = () => readdirSync(FOLDER).filter((file) => !file.startsWith('08'));

test('the sample of every layout is taken, signed and settled: what customers paid is in the float of its short code, once', async () => {
  for (const name of samples()) {
    const { file, bytes } = sample(name);
    const shown = await importedAndSigned(world, bytes, file);
    expect([name, shown.state]).toEqual([name, 'done']);
  }
  await world.pass(2);
  expect(await floats()).toEqual(await whatFilesSay());
  expect((await balances(world.app.db)).clearing ?? 0n).toBe(0n);
  const [lines] = await world.database.sql<{ text: string }>(
    "select string_agg(l::text, '') as text from statement_lines l join statements s on s.id = l.statement_id where s.line_count < 100",
  );
  expect(lines?.text).not.toMatch(/MFANO|JARIBU|SAMPULI/); // no name of a customer in clear
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPerson } from '#people/people/manage-people.ts';
import { runStatement } from '../../dev/statement.ts';
import { manyPayments, toCsv } from '../statements/sample-statement.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { counts, show, signOff } from './importing.ts';

/** The whole size needs a minute: `MALIPO_TEST_SCALE=10` and more imports it. */
const part = Math.min(1, Number(process.env.MALIPO_TEST_SCALE ?? 1) / 10);
const LINES = Math.round(100_000 * part);

let world: World;
let folder: string;
const phone = newPhone();
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_SHORTCODES: '600981' } });
  await world.clock.advance(9 * 86_400_000); // the days of the file are over
  folder = await mkdtemp(path.join(tmpdir(), 'malipo-statement-'));
  await addPerson(world.app.db, { phone, name: 'Wanjiru', email: undefined, role: 'treasurer' }, { actor: 'test', now: world.clock.now() });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await world.stop();
});

async function run(...argv: string[]) {
  const [printed, complained]: [string[], string[]] = [[], []];
  const code = await runStatement(argv, {
    app: () => world.app,
    print: (text) => printed.push(text),
    complain: (text) => complained.push(text),
  });
  return { code, printed: printed.join('\n'), complained: complained.join('\n') };
}

test('100,000 lines are read, stored and compared within a minute, whoever imports them is on record, and another person signs', async () => {
  const file = path.join(folder, 'november.csv');
  await writeFile(file, toCsv(manyPayments(LINES)));
  // every second payment is known here
  await world.database.sql(
    `insert into deposits (id, source, amount_cents, receipt, shortcode, moved_at, settled_at, confirmed_at)
     select gen_random_uuid(), 'c2b', 1000, 'UKS' || lpad(upper(n::text), 7, 'X'), '600981', '2026-11-28T09:00:00Z', now(), now() from generate_series(1, $1::int) n`,
    [LINES],
  );
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const { code, printed, complained } = await run(file, '--as', phone);
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  if (part === 1)
    console.log(
      `${LINES} lines in ${seconds.toFixed(1)} s, of which the command's own processor time is ${((user + system) / 1e6).toFixed(1)} s`,
    );
  expect([code, complained]).toEqual([0, '']);
  expect((user + system) / 1e6).toBeLessThan(60 * part + 5); // the clock on the wall is the machine's, which others may have
  expect(printed).toContain(`${LINES.toLocaleString('en')} lines of 600981`);
  const id = /statements\/([0-9a-f-]{36})\//.exec(printed)?.[1] ?? '';
  const shown = await show(world, id);
  expect(shown).toMatchObject({ state: 'matched', whole: true });
  expect(counts(shown)).toEqual({ 'missing_here in': LINES, 'missing_there in': LINES });
  const again = await run(file, '--as', phone);
  expect([again.code, again.complained]).toEqual([1, expect.stringContaining('imported already')]);
}, 300_000);

test('a small file is signed and settled like one that was sent', async () => {
  const file = path.join(folder, 'small.csv');
  await writeFile(file, toCsv(manyPayments(40)));
  const { printed } = await run(file, '--as', phone);
  const id = /statements\/([0-9a-f-]{36})\//.exec(printed)?.[1] ?? '';
  expect((await signOff(world, id, await signedIn(world, 'admin'))).status).toBe(200);
  expect(await show(world, id)).toMatchObject({ state: 'done' });
});

test('of a file whose balances do not follow nobody is told to sign it off, but to export it again; days are those of Nairobi', async () => {
  const [file, broken] = [path.join(folder, 'whole.csv'), path.join(folder, 'broken.csv')];
  const whole = toCsv(manyPayments(30)).toString();
  await writeFile(file, whole);
  expect((await run(file, '--as', phone)).printed).toMatch(/from \d{4}-\d\d-\d\d 00:00 to .* in Nairobi/);
  await writeFile(broken, whole.split('\n').toSpliced(-5, 1).join('\n'));
  const { code, printed } = await run(broken, '--as', phone);
  expect([code, printed]).toEqual([0, expect.stringContaining('it proves nothing, and cannot be signed off')]);
  expect(printed).toMatch(/Export the same days again.*\/api\/statements\/[0-9a-f-]+\/discard/);
  expect(printed).not.toContain('Another person signs it off');
  const shown = await show(world, /statements\/([0-9a-f-]{36})\//.exec(printed)?.[1] ?? '');
  expect(shown).toMatchObject({
    unbroken: false,
    problemCount: 2,
    problems: [{ lineNumber: expect.any(Number) }, { problem: expect.any(String) }],
  });
});

test('what is not understood, or cannot be read, is said, and ends with another code', async () => {
  const file = path.join(folder, 'letter.txt');
  await writeFile(file, 'Dear sir or madam\n');
  expect(await run(file, '--as', phone)).toMatchObject({ code: 1, complained: expect.stringContaining('Receipt No') });
  for (const argv of [
    [],
    [file],
    [file, '--as', 'x'],
    [file, '--as', newPhone()],
    [path.join(folder, 'none.csv'), '--as', phone],
    [file, file, '--as', phone],
  ]) {
    const { code, complained } = await run(...argv);
    expect([argv, code]).toEqual([argv, 2]);
    expect(complained).toContain('npm run statement -- FILE');
  }
});

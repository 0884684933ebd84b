import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, nairobiDay } from '#ground/time/nairobi.ts';
import { withDatabase } from '../../dev/world/prepare-database.ts';
import { inNairobi, readLaterMoment } from '../../dev/world/read-moment.ts';
import { signInBySms } from '../../dev/world/stage.ts';
import type { LocalWorld } from '../../dev/world/start-world.ts';
import { readSchedules } from '../../dev/world/strike-due.ts';
import { stopsUntil } from '../../dev/world/travel.ts';
import { end, runCommand, type Started, startWorld, waitUntil } from './spawn.ts';

// A treasurer who learns the system sees in minutes what a later day brings.

const dir = path.join(mkdtempSync(path.join(tmpdir(), 'malipo later ')), 'local');
let world: Started;
beforeAll(async () => {
  world = await startWorld(dir);
}, 120_000);
afterAll(async () => {
  await end(world, 'SIGTERM');
  rmSync(path.dirname(dir), { recursive: true, force: true });
});

const clock = (...words: string[]) => runCommand('dev/clock.ts', ['--dir', dir, ...words]);
const due = () =>
  withDatabase(world.databaseUrl, async (db) =>
    (await db.execute(sql`select subject from reviews where kind = 'statement_due' and closed_at is null`)).rows.map(({ subject }) =>
      String(subject),
    ),
  );
const TODAY = nairobiDay(new Date());
const MONDAY = addDays(TODAY, 7 - ((new Date(TODAY).getUTCDay() + 6) % 7));
const WEEK = { from: addDays(MONDAY, -7), to: addDays(MONDAY, -1) };

/** Signs in and sends; a JSON body, or the bytes of a file. */
async function asStaff(phone: string, route: string, body: object | Buffer): Promise<Record<string, string>> {
  const token = await signInBySms({ ...world, strike: async () => undefined } as unknown as LocalWorld, phone);
  const type = body instanceof Buffer ? 'application/octet-stream' : 'application/json';
  const response = await fetch(`${world.shopUrl}${route}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    body: body instanceof Buffer ? new Uint8Array(body) : JSON.stringify(body),
  });
  return (await response.json()) as Record<string, string>;
}

test('on Monday the statement of last week is asked for, and once it is signed off the task is closed', { timeout: 240_000 }, async () => {
  const paid = await fetch(`${world.simulatorUrl}/simulator/pay-bill`, {
    method: 'POST',
    body: JSON.stringify({ phone: '254712345678', amountShillings: 640, account: 'SHAMBA' }),
  });
  expect(paid.status).toBe(200);
  await waitUntil(async () => (await withDatabase(world.databaseUrl, (db) => db.execute(sql`select from deposits`))).rows.length > 0);
  expect(await clock()).toMatchObject({ code: 0, stdout: expect.stringContaining(`It is ${TODAY}`) });
  expect(await clock(MONDAY)).toEqual({ code: 0, stdout: `It is ${MONDAY} 09:00 in Nairobi there.\n`, stderr: '' });
  const subject = `174379:${WEEK.from}/${WEEK.to}`;
  expect(await due()).toContain(subject);

  const exported = await fetch(`${world.simulatorUrl}/simulator/statements`, {
    method: 'POST',
    body: JSON.stringify({ format: 'xlsx', ...WEEK }),
  });
  const { name, base64 } = (await exported.json()) as { name: string; base64: string };
  const [treasurer = '', administrator = ''] = [...world.said.matchAll(/(07[\d ]+\d)\s+[^\n]*, (?:treasurer|administrator)/g)].map(
    ([, phone]) => phone,
  );
  const { statementId } = await asStaff(treasurer, `/api/statements?fileName=${encodeURIComponent(name)}`, Buffer.from(base64, 'base64'));
  await asStaff(administrator, `/api/statements/${statementId}/sign-off`, {});
  await waitUntil(async () => !(await due()).includes(subject), 20_000);
  expect(await due()).not.toContain(subject);
});

test('the later time stays after a restart, and there is no way back', { timeout: 120_000 }, async () => {
  await end(world, 'SIGTERM');
  world = await startWorld(dir);
  expect((await clock()).stdout).toContain(`It is ${MONDAY} 09:`);
  expect(readFileSync(path.join(dir, 'commands.env'), 'utf8')).toMatch(/^CLOCK_AHEAD_SECONDS="[1-9]/m);
  expect(await clock(TODAY)).toMatchObject({ code: 1, stderr: expect.stringContaining('goes forward only') });
  const tuesday = addDays(MONDAY, 1);
  const { code, stdout, stderr } = await clock('+1d');
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: expect.stringMatching(`^It is ${tuesday} 09:\\d\\d in Nairobi there.\\n$`),
    stderr: '',
  });
  const fromAPage = await fetch(`${world.shopUrl}/local/clock`, { method: 'POST', body: '{"to":"+1d"}' });
  expect(fromAPage.status).toBe(405);
});

test('where no world runs it says so', async () => {
  const { code, stderr } = await runCommand('dev/clock.ts', ['--dir', path.join(dir, 'none'), '+1d']);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('`npm start` starts one') });
});

test('on the way it stops at every night and morning', async () => {
  const stops = stopsUntil(await readSchedules(), new Date('2026-11-29T18:00:00Z'), new Date('2026-12-01T06:00:00Z'));
  expect(stops.map(inNairobi)).toEqual([
    '2026-11-30 00:15',
    '2026-11-30 08:00',
    '2026-12-01 00:15',
    '2026-12-01 08:00',
    '2026-12-01 09:00',
  ]);
});

test.each([
  ['+2h', '2026-11-29 23:00'],
  ['2026-12-01', '2026-12-01 09:00'],
  ['2026-12-01 08:05', '2026-12-01 08:05'],
  ['2026-12-01T00:00', '2026-12-01 00:00'],
])('%s is %s', (words, moment) => {
  expect(inNairobi(readLaterMoment(words, new Date('2026-11-29T18:00:00Z')))).toBe(moment);
});

test.each(['tomorrow', '2026-02-30', '2026-12-01 25:00', '+0d', '2026-11-29', '+63d'])('%s is refused in words', (words) => {
  expect(() => readLaterMoment(words, new Date('2026-11-29T18:00:00Z'))).toThrow(/Say \+3d|forward only|At most 62 days/);
});

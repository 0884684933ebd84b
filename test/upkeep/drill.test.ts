import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askForDrill } from '#desk/upkeep/ask-for-drill.ts';
import { runDetach } from '../../dev/detach.ts';
import { runRestore } from '../../dev/restore.ts';
import { newPhone, push } from '../world/checkout.ts';
import { emptyDatabase, type FreshDatabase } from '../world/database.ts';
import { signedIn } from '../world/person.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { backUp, folder, KEYS, restoreInto, said } from './upkeep.ts';

let world: World;
let scratch: FreshDatabase;
const file = path.join(folder(), 'drill.backup');
const asked = () => world.database.sql("select subject, closed_by, note from reviews where kind = 'restore_drill' order by subject");
const drill = (more: string[] = ['--drill', '--by', 'Wanjiru Kamau']) =>
  said(runRestore, [file, '--into', scratch.url, ...more], { ...KEYS, DATABASE_URL: world.database.url }, world.clock.now());

beforeAll(async () => {
  world = await startWorld();
  scratch = await emptyDatabase();
});
afterAll(async () => {
  await scratch.drop();
  await world.stop();
});

test('where nothing was ever booked, nobody is asked to try a restore', async () => {
  await askForDrill(world.app);
  expect(await asked()).toEqual([]);
});

test('each quarter the clock asks for one restore, once', async () => {
  const phoneNumber = newPhone();
  world.simulator.control.setBalance(phoneNumber, 10_000);
  const { prompt } = await push(world, { phoneNumber });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);
  await strike('scheduled-reminders');
  await strike('scheduled-reminders');
  expect(await asked()).toEqual([{ subject: '2026-Q4', closed_by: null, note: null }]);
});

test('a drill restores, checks, empties its database again, and closes the task with what it saw', async () => {
  expect(await backUp(world.database.url, file)).toMatchObject({ code: 0 });
  expect(await drill(['--drill'])).toMatchObject({ code: 2, text: expect.stringContaining('Say who tries it') });
  const { code, text } = await drill();
  expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining('its database is empty again') });
  expect(text).not.toMatch(/It is a copy|anonymised since/); // what to mind in a copy, of which nothing is left
  expect(await asked()).toEqual([{ subject: '2026-Q4', closed_by: 'Wanjiru Kamau', note: expect.stringContaining('The books balance') }]);
  expect(await scratch.sql("select relname from pg_class where relnamespace = 'public'::regnamespace")).toEqual([]);
  expect(await world.database.sql("select actor, subject from audit where action = 'restore_drilled'")).toEqual([
    { actor: 'Wanjiru Kamau', subject: '2026-Q4' },
  ]);
  await strike('scheduled-reminders');
  expect(await asked()).toHaveLength(1);
});

test('a drill never works on the database that it is recorded in', async () => {
  const payments = await world.database.sql('select count(*) from payments');
  const { code } = await said(runRestore, [file, '--into', world.database.url, '--drill', '--by', 'W'], {
    ...KEYS,
    DATABASE_URL: world.database.url,
  });
  expect([code, await world.database.sql('select count(*) from payments')]).toEqual([1, payments]);
});

test('the next quarter asks again, and a person may close it with a note', async () => {
  const later = { db: world.app.db, clock: { now: () => new Date('2027-01-02T05:00:00Z') } };
  await askForDrill(later);
  const [task] = await world.database.sql<{ id: string }>("select id from reviews where kind = 'restore_drill' and closed_at is null");
  const headers = await signedIn(world, 'admin');
  const response = await world.send('POST', `/api/tasks/${task?.id}/close`, {
    body: { note: 'Neon branch of yesterday, books compared' },
    headers,
  });
  expect(response.status).toBe(200);
  await askForDrill(later);
  expect((await asked()).map((one) => one.subject)).toEqual(['2026-Q4', '2027-Q1']);
});

test('what the operator has to say is asked for before anything happens', async () => {
  expect(await restoreInto(scratch.url, file, [])).toMatchObject({ code: 2, text: expect.stringContaining('--last-invoice') });
  expect(await restoreInto(scratch.url, file, ['--last-invoice', 'INV-12'])).toMatchObject({
    code: 2,
    text: expect.stringContaining('INV-2026-000123'),
  });
  expect(await restoreInto('mysql://x', file)).toMatchObject({ code: 2, text: expect.stringContaining('postgres://') });
  expect(
    await restoreInto(scratch.url, file, undefined, { ...KEYS, ENCRYPTION_KEYS: KEYS.ENCRYPTION_KEYS.replace('k1', 'k9') }),
  ).toMatchObject({
    code: 1,
    text: expect.stringContaining('ENCRYPTION_KEYS here is not the one'),
  });
});

test('a database that was set back is detached by command, and runs nothing any more', async () => {
  const detach = (...argv: string[]) => said(runDetach, argv, { DATABASE_URL: world.database.url }, world.clock.now());
  expect(await detach('--last-invoice', 'none')).toMatchObject({ code: 2 });
  expect(await detach('--as-of', '2026-11-21T09:30:00+03:00')).toMatchObject({ code: 2 });
  expect(await detach('--as-of', '2026-11-21T09:30:00+03:00', '--last-invoice', 'INV-2026-000040')).toMatchObject({ code: 0 });
  expect(await detach('--as-of', '2026-11-21T09:30:00+03:00', '--last-invoice', 'INV-2026-000040')).toMatchObject({ code: 0 });
  expect(await world.database.sql('select count(*)::int as n from detachments')).toEqual([{ n: 1 }]);
  expect(await strike('scheduled-minute')).toEqual({ detached: true });
  expect(await world.database.sql("select last from invoice_counters where kind = 'invoice'")).toEqual([{ last: 40 }]);
});

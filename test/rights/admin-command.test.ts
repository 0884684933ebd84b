import { spawnSync } from 'node:child_process';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookupHash } from '#ground/db/encryption.ts';
import { people } from '#people/people/people.schema.ts';
import { runAdmin } from '../../dev/admin.ts';
import { newPhone, push } from '../world/checkout.ts';
import { askForCode, signIn } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

async function admin(...argv: string[]) {
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const code = await runAdmin(argv, { db: () => world.app.db, clock: world.clock, print: say, complain: say });
  return { code, said: said.join('\n') };
}
const trail = () => world.database.sql('select actor, action, before, after from audit order by happened_at desc, id desc limit 1');

test('the first administrator is added from the shell, signs in by SMS, and the audit trail knows', async () => {
  const phone = newPhone();
  expect(await admin('add', '--phone', `0${phone.slice(3)}`, '--name', 'Wanjiru Kamau')).toMatchObject({ code: 0 });
  expect(await trail()).toEqual([{ actor: 'operator', action: 'person_added', before: null, after: { role: 'admin' } }]);
  expect((await signIn(world, phone)).role).toBe('admin');
});

test('adding a phone again changes its person, who is listed once', async () => {
  const phone = newPhone();
  await admin('add', '--phone', phone, '--name', 'Otieno', '--role', 'member');
  expect(await admin('add', '--phone', phone, '--name', 'Otieno Ouma', '--role', 'treasurer', '--email', 'o@example.com')).toMatchObject({
    code: 0,
  });
  expect(await trail()).toMatchObject([{ action: 'person_changed', before: { role: 'member' }, after: { role: 'treasurer' } }]);
  const { said } = await admin('list');
  expect(said.split('\n').filter((line) => line.includes(phone))).toEqual([expect.stringMatching(/treasurer +may sign in +Otieno Ouma$/)]);
});

test('an e-mail that the command sets is told to its owner, where it was, and to the other staff; one that is not given stays', async () => {
  await admin('add', '--phone', newPhone(), '--name', 'Second Admin', '--email', 'second@example.com');
  const phone = newPhone();
  await admin('add', '--phone', phone, '--name', 'Nekesa', '--role', 'treasurer', '--email', 'nekesa@example.com');
  await world.pass(1);
  await world.inbox.clear();
  const emailOf = async () =>
    (
      await world.app.db
        .select()
        .from(people)
        .where(eq(people.phoneHash, lookupHash(phone)))
    )[0]?.email;
  await admin('add', '--phone', phone, '--name', 'Nekesa N', '--role', 'treasurer');
  expect(await emailOf()).toBe('nekesa@example.com');
  await world.pass(1);
  expect(world.inbox.messages()).toEqual([]);
  await admin('add', '--phone', phone, '--name', 'Nekesa N', '--role', 'treasurer', '--email', 'thief@example.com');
  await world.pass(1);
  const told = world.inbox.messages().flatMap(({ to }) => to.map(({ email }) => email));
  expect(told).toEqual(expect.arrayContaining(['nekesa@example.com', 'second@example.com', 'thief@example.com']));
});

test('disabling shuts out at once, once, and only whom it names', async () => {
  const phone = newPhone();
  await admin('add', '--phone', phone, '--name', 'Achieng', '--role', 'member');
  const { headers } = await signIn(world, phone);
  expect((await admin('disable', '--phone', phone)).code).toBe(0);
  expect((await world.send('GET', '/api/me', { headers })).status).toBe(401);
  expect((await admin('disable', '--phone', phone)).code).toBe(1);
  expect((await admin('disable', '--phone', newPhone())).code).toBe(1);
  expect((await admin('list')).said).toMatch(/member +disabled 2026-11-21 +Achieng/);
  await admin('add', '--phone', phone, '--name', 'Achieng', '--role', 'member'); // lets them in again
  expect((await world.send('GET', '/api/me', { headers })).status).toBe(401);
});

test('unlocking a phone lets prompts and codes leave for it again, and for no other', async () => {
  const [phone, other] = [newPhone(), newPhone()];
  for (const locked of [phone, other]) for (let n = 0; n < 3; n++) await askForCode(world, locked);
  for (let n = 0; n < 3; n++) {
    await push(world, { phoneNumber: phone });
    await world.clock.advance(80_000);
  }
  expect((await askForCode(world, phone)).status).toBe(429);
  expect((await push(world, { phoneNumber: phone })).response.status).toBe(429);
  expect((await admin('unlock', '--phone', phone)).code).toBe(0);
  expect(await trail()).toMatchObject([{ actor: 'operator', action: 'phone_unlocked' }]);
  expect((await askForCode(world, phone)).status).toBe(202);
  expect((await push(world, { phoneNumber: phone })).response.status).toBe(201);
  expect((await askForCode(world, other)).status).toBe(429);
  expect((await admin('unlock', '--phone', newPhone())).code).toBe(1);
});

test('phone, name and e-mail are not readable in the database', async () => {
  const phone = newPhone();
  await admin('add', '--phone', phone, '--name', 'Canary Name', '--email', 'canary@example.com');
  const dump = JSON.stringify([await world.database.sql('select * from people'), await world.database.sql('select * from audit')]);
  expect(dump).not.toMatch(/canary/i);
  expect(dump).not.toContain(phone);
});

test.each([
  [[], 'Say what to do'],
  [['promote'], 'There is no command'],
  [['add', '--phone', '0712345678'], 'Say who it is'],
  [['add', '--phone', '12', '--name', 'X'], 'Say which phone'],
  [['add', '--phone', '0712345678', '--name', 'X', '--role', 'king'], 'There is no role king'],
  [['add', '--phone', '0712345678', '--name', 'X', '--email', 'x'], '--email is not'],
  [['disable'], 'Say which phone'],
  [['list', 'more'], 'Too much'],
  [['list', '--colour'], 'Unknown option'],
])('%j is misunderstood with how to say it', async (argv, words) => {
  const { code, said } = await admin(...argv);
  expect(code).toBe(2);
  expect(said).toContain(words);
  expect(said).toContain('npm run admin -- add');
});

test('it runs from the shell, and without a database says what is missing', () => {
  const { status, stderr } = spawnSync(process.execPath, ['dev/admin.ts', 'list'], { env: { PATH: process.env.PATH }, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('DATABASE_URL is missing');
});

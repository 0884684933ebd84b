import { createSecretKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installKeys } from '#ground/db/encryption.ts';
import { runAdmin } from '../../dev/admin.ts';
import { checkDatabase } from '../../dev/doctor/check-database.ts';
import { newPhone, push } from '../world/checkout.ts';
import { startWorld, testKey, type World } from '../world/world.ts';
import { goodEnvironment, patient } from './patient.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const strange = () => randomBytes(32).toString('base64');
const right = { ENCRYPTION_KEYS: `k1:${testKey('e')}`, LOOKUP_KEY: testKey('l') };

async function keptData(changes: Record<string, string> = {}): Promise<string[]> {
  const environment = goodEnvironment({ DATABASE_URL: world.database.url, ...right, ...changes });
  const found = await checkDatabase(patient(environment));
  return found.filter(({ check }) => check === 'kept data').map(({ state, says }) => `${state}: ${says}`);
}

async function add(phone: string) {
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const code = await runAdmin(['add', '--phone', phone, '--name', 'Wanjiru Kamau'], {
    db: () => world.app.db,
    clock: world.clock,
    print: say,
    complain: say,
  });
  return { code, said: said.join('\n') };
}

test('an empty database says nothing about keys, and takes the first administrator', async () => {
  expect(await keptData({ ENCRYPTION_KEYS: `k1:${strange()}` })).toEqual([]);
  expect(await add(newPhone())).toMatchObject({ code: 0 });
});

test.each(['a person', 'a payment'])("the doctor tells other keys than the site's by what it keeps of %s", async (whose) => {
  if (whose === 'a payment') await push(world);
  expect(await keptData()).toEqual([
    'ok: What is kept in the database can be read and found with these keys.',
    expect.stringMatching(/^ok: Encrypted values by key: \d+ under k1\.$/),
  ]);
  for (const ring of [`k1:${strange()}`, `k2:${strange()}`])
    expect(await keptData({ ENCRYPTION_KEYS: ring })).toEqual([
      'fail: ENCRYPTION_KEYS is not the one this database was filled with: personal data in it cannot be read.',
    ]);
  expect(await keptData({ LOOKUP_KEY: strange() })).toEqual([
    'fail: LOOKUP_KEY is not the one this database was filled with: personal data in it cannot be found.',
  ]);
  expect(await keptData({ ENCRYPTION_KEYS: `k9:${strange()},k1:${testKey('e')}` })).toEqual([
    expect.stringMatching(/^ok: What is kept/),
    expect.stringMatching(/^warn: Encrypted values by key: \d+ under k1\.$/),
  ]);
});

test.each(['ENCRYPTION_KEYS', 'LOOKUP_KEY'])("nobody is added under another %s than the site's", async (name) => {
  const before = await world.database.sql('select id from people');
  const key = (letter: string) => createSecretKey(testKey(letter), 'base64');
  const ring = { encryption: [{ id: 'k1', key: key('e') }], lookup: [key('l')] };
  installKeys(name === 'LOOKUP_KEY' ? { ...ring, lookup: [key('x')] } : { ...ring, encryption: [{ id: 'k1', key: key('x') }] });
  try {
    expect(await add(newPhone())).toEqual({
      code: 1,
      said: expect.stringMatching(new RegExp(`^${name} here is not the one .* Nobody was added`)),
    });
  } finally {
    installKeys(ring);
  }
  expect(await world.database.sql('select id from people')).toEqual(before);
});

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { lookupHash } from '#ground/db/encryption.ts';
import { networkHash } from '#ground/limits/network.ts';
import { newPhone } from '../world/checkout.ts';
import { askForCode, codeSentTo, signInAs, tryCode } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { LIMIT_CODES_PER_DAY: '200' } });
});
beforeEach(() => world.smsInbox.clear());
afterAll(() => world.stop());

let networks = 0;
const strange = () => `198.18.${++networks >> 8}.${networks & 255}`;
const other = (code: string, by = 1) => String((Number(code) + by) % 1_000_000).padStart(6, '0');
const day = () => world.clock.advance(24.1 * 3_600_000);
/** Asks for codes of a phone from so many networks, four times each. */
async function besiege(phone: string, from: string[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const ip of from) for (let n = 0; n < 4; n++) statuses.push((await askForCode(world, phone, {}, ip)).status);
  return statuses;
}

test('what strangers ask for from everywhere takes nothing from a treasurer where they have signed in before', async () => {
  const { phone } = await signInAs(world, 'treasurer');
  await day();
  const sent = await besiege(phone, Array.from({ length: 6 }, strange));
  expect(sent.filter((status) => status === 202)).toHaveLength(8);
  for (let n = 0; n < 3; n++) expect((await askForCode(world, phone)).status).toBe(202);
  expect((await tryCode(world, phone, codeSentTo(world, phone))).status).toBe(200);
});

test('one network cannot lock out anybody, also who has never signed in: it gets half of the codes of a day', async () => {
  const phone = newPhone();
  const ip = strange();
  const statuses: number[] = [];
  for (let n = 0; n < 12; n++) {
    statuses.push((await askForCode(world, phone, {}, ip)).status);
    await world.clock.advance(11 * 60_000);
  }
  expect(statuses.filter((status) => status === 202)).toHaveLength(4);
  expect((await askForCode(world, phone)).status).toBe(202);
  expect((await tryCode(world, phone, codeSentTo(world, phone))).status).toBe(200);
});

test('a /64 is one network here too', async () => {
  const phone = newPhone();
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => (await askForCode(world, phone, {}, `2001:db8:9:9::${(n + 1).toString(16)}`)).status),
  );
  expect(statuses.filter((status) => status === 202)).toHaveLength(3);
});

test('a code that a stranger asks for replaces none of the owner, and their wrong tries burn none: the right one works where it was asked for', async () => {
  const phone = newPhone();
  await askForCode(world, phone);
  const code = codeSentTo(world, phone);
  const attacker = strange();
  await askForCode(world, phone, {}, attacker);
  const his = codeSentTo(world, phone);
  for (let n = 1; n <= 6; n++) await tryCode(world, phone, other(his, n), attacker);
  for (let n = 1; n <= 12; n++) await tryCode(world, phone, other(code, n), strange());
  expect((await tryCode(world, phone, code)).status).toBe(200);
});

test('a phone that went from Wi-Fi to mobile data signs in with the code it has', async () => {
  const phone = newPhone();
  await askForCode(world, phone);
  const code = codeSentTo(world, phone);
  const statuses = await Promise.all(Array.from({ length: 6 }, async () => (await tryCode(world, phone, code, strange())).status));
  expect(statuses.filter((status) => status === 200)).toHaveLength(1); // and once, however many come at the same moment
  expect((await tryCode(world, phone, code)).status).toBe(401);
});

test('signing in elsewhere with a code that a stranger asked for makes no network of theirs known', async () => {
  const phone = newPhone();
  await askForCode(world, phone, {}, '198.51.100.77');
  expect((await tryCode(world, phone, codeSentTo(world, phone), strange())).status).toBe(200);
  const rows = await world.database.sql('select used_at is not null as used, signed_in_at from codes_sent where phone_hash = $1', [
    lookupHash(phone),
  ]);
  expect(rows).toEqual([{ used: true, signed_in_at: null }]);
});

test('guessing is as hard as it was: with any number of networks no more than 48 tries of a phone are judged in a day', async () => {
  const phone = newPhone();
  const judged = async () => {
    const [row] = await world.database.sql<{ here: number; elsewhere: number }>(
      `select coalesce(sum(tries), 0)::int as here, (select coalesce(sum(cardinality(times)), 0)::int from recent_times where key like 'elsewhere:%') as elsewhere
      from codes_sent where id = any($1)`,
      [await idsOf()],
    );
    return (row?.here ?? 0) + (row?.elsewhere ?? 0);
  };
  const before = new Set((await world.database.sql<{ id: string }>('select id from codes_sent')).map(({ id }) => id));
  const idsOf = async () =>
    (await world.database.sql<{ id: string }>('select id from codes_sent')).map(({ id }) => id).filter((id) => !before.has(id));
  await world.database.sql("delete from recent_times where key like 'elsewhere:%'");
  const attackers = Array.from({ length: 10 }, strange);
  for (const ip of attackers) await askForCode(world, phone, {}, ip);
  const sent = world.smsInbox.messages().map(({ text }) => text.slice(0, 6));
  const wrong = ['000000', '999999', '500000'].find((code) => !sent.includes(code)) ?? '123456';
  for (const ip of [...attackers, ...Array.from({ length: 4 }, strange)])
    await Promise.all(Array.from({ length: 7 }, () => tryCode(world, phone, wrong, ip)));
  expect(await judged()).toBe(48);
});

test('the last fifth of the codes of a day is for people of ours, and one network gets a quarter; half of them open a task', async () => {
  await day();
  const { phone } = await signInAs(world, 'treasurer');
  await day();
  const ip = strange();
  const { limits } = world.app.config;
  const key = `codes:${new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10)}`;
  await world.database.sql('insert into counters (key, count) values ($1, $2)', [key, limits.codesPerDay / 2 - 1]);
  expect((await askForCode(world, newPhone(), {}, ip)).status).toBe(202);
  expect(await world.database.sql("select subject from reviews where kind = 'daily_limit_half_used' and subject = $1", [key])).toHaveLength(
    1,
  );
  const share = key.replace('codes:', `codes:${networkHash(ip)}:`);
  await world.database.sql('update counters set count = $2 where key = $1', [share, limits.codesPerDay / 4 - 1]);
  const asks = async (from: string) => (await askForCode(world, newPhone(), {}, from)).status;
  expect([await asks(ip), await asks(ip), await asks(strange())]).toEqual([202, 429, 202]);
  await world.database.sql('update counters set count = $2 where key = $1', [key, (limits.codesPerDay * 4) / 5]);
  expect((await askForCode(world, newPhone(), {}, strange())).status).toBe(429);
  expect((await askForCode(world, phone, {}, strange())).status).toBe(202);
});

test('who signs in rightly uses up nothing of what their network may try wrongly', async () => {
  await day();
  const ip = strange();
  for (let n = 0; n < 4; n++) {
    const phone = newPhone();
    await askForCode(world, phone, {}, ip);
    expect((await tryCode(world, phone, codeSentTo(world, phone), ip)).status).toBe(200);
  }
  await tryCode(world, newPhone(), '123456', ip);
  const [row] = await world.database.sql<{ n: number }>(
    "select cardinality(times) as n from recent_times where key like 'sign-in-address:%' order by times[cardinality(times)] desc nulls last limit 1",
  );
  expect(row?.n).toBe(1);
});

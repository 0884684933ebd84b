import { afterAll, beforeAll, expect, test } from 'vitest';
import { confirm, noticeBody } from '../paybill/paybill.ts';
import { signIn, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';
import { ask, type Joined, join } from './join.ts';

const SAID = {
  name: 'Kanari Wa-Siri',
  nationalId: '47110815',
  bornOn: '1971-04-13',
  kraPin: 'A047110815K',
  email: 'kanari.siri@example.org',
  address: 'Canary Lane 4711, Limuru',
};
const KIN = { name: 'Kanarini Ndugu', phone: '0798 471 163', relationship: 'canary sister' };
const CHANGED = { address: 'Siri Street 4712', email: 'siri.kanari@example.org', nextOfKin: { ...KIN, name: 'Mkanari Mwingine' } };

let world: World;
let phone: string;
const problems: string[] = [];

beforeAll(async () => {
  world = await startWorld();
  const person = await signIn(world);
  phone = person.phone;
  const said = { ...SAID, nextOfKin: KIN };
  const { memberId, savings } = (await (await join(world, person, said, { 'idempotency-key': 'canary-joins' })).json()) as Joined;
  await confirm(world, noticeBody({ BillRefNumber: savings.reference, TransAmount: '500', MSISDN: phone, FirstName: SAID.name }));
  await ask(world, 'POST', '/api/members/me', person, CHANGED);
  const treasurer = await signInAs(world, 'treasurer');
  for (const path of [
    `/api/members/${memberId}`,
    `/api/members?nationalId=${SAID.nationalId}`,
    `/api/accounts/${savings.accountId}/statement`,
  ])
    await ask(world, 'GET', path, treasurer);

  const other = await signIn(world);
  const keep = async (asked: Promise<Response>) => problems.push(await (await asked).text());
  await keep(join(world, person, said)); // a member already
  await keep(join(world, other, said)); // their national id
  await keep(join(world, other, { ...said, phoneNumber: phone }));
  await keep(join(world, other, { ...said, bornOn: '2015-04-13' }));
  await keep(join(world, other, { ...said, kraPin: `${SAID.kraPin}9`, email: `${SAID.email}@`, nextOfKin: { ...KIN, phone: '123' } }));
  await world.database.sql('alter table members rename column kra_pin to nobody');
  await keep(join(world, other, said));
  await keep(world.send('POST', '/api/members/me', { body: CHANGED, headers: person.headers }));
  await world.database.sql('alter table members rename column nobody to kra_pin');
});
afterAll(() => world.stop());

const canaries = () => [
  ...Object.values(SAID),
  ...Object.values(KIN),
  ...[CHANGED.address, CHANGED.email, CHANGED.nextOfKin.name],
  ...['Kanari', 'Limuru', '798471163', phone, phone.slice(3), SAID.bornOn.replaceAll('-', '')],
];

const found = (texts: string[]) =>
  texts.flatMap((text) =>
    canaries()
      .filter((canary) => text.toLowerCase().includes(canary.toLowerCase()))
      .map((canary) => `${canary} in ${text.slice(0, 300)}`),
  );

test('what happened was worth looking at', async () => {
  expect(await world.database.sql('select 1 from members')).toHaveLength(1);
  expect(problems.map((text) => (JSON.parse(text) as { code?: string }).code)).toEqual([
    ...['already_a_member', 'national_id_used', 'phone_not_yours', 'under_age', 'invalid_input', undefined, undefined],
  ]);
  expect(world.logLines.join('\n')).toContain('request_failed');
  const actions = await world.database.sql<{ action: string }>('select distinct action from audit');
  expect(actions.map(({ action }) => action)).toEqual(expect.arrayContaining(['member_joined', 'member_changed', 'member_read']));
});

test('no table keeps in clear what a member said of themselves, of their kin, or their phone', async () => {
  const columns = await world.database.sql<{ table_name: string; column_name: string; data_type: string }>(
    "select table_name, column_name, data_type from information_schema.columns where table_schema = 'public' order by 1, 2",
  );
  const leaks: string[] = [];
  for (const { table_name, column_name, data_type } of columns) {
    if (/timestamp|date|integer|bigint|boolean|uuid/.test(data_type)) continue;
    const rows = await world.database.sql<{ value: string | null }>(`select "${column_name}"::text as value from "${table_name}"`);
    leaks.push(...found(rows.flatMap(({ value }) => value ?? [])).map((leak) => `${table_name}.${column_name}: ${leak}`));
  }
  expect(columns.length).toBeGreaterThan(200);
  expect(leaks).toEqual([]);
});

test('no log line and no problem says it', () => {
  expect(found(world.logLines)).toEqual([]);
  expect(found(problems)).toEqual([]);
});

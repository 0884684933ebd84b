import { afterAll, beforeAll, expect, test } from 'vitest';
import { deposits, match, register } from '../paybill/paybill.ts';
import { type MadeMember, makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { sessionOf, signedIn } from '../world/person.ts';
import { type Lender, openLender } from './open-lender.ts';
import { DAY_MS, pay, repaymentsOf } from './repaying.ts';

const NAME = 'Kanari Wa-Siri';
const EMAIL = 'kanari@siri.example';
const WRITTEN = {
  reason: 'Canary needs an operation',
  note: 'Canary earns too little',
  waiver: 'Canary was in hospital',
  reversal: 'Canary paid for her sister',
};

let lender: Lender;
let member: MadeMember;
const problems: string[] = [];

/** A loan through everything that people write words about. */
beforeAll(async () => {
  lender = await openLender({ customers: 0 });
  const { world } = lender;
  await register(world);
  member = await makeMember(world, { name: NAME, email: EMAIL });
  const { body } = await lender.apply(member, 1_000, { reason: WRITTEN.reason });
  await lender.decide(body.loanId, { decision: 'reject', note: WRITTEN.note });
  await world.pass(1);

  const product = await makeProduct(world, { penaltyKind: 'percent', penaltyBasisPoints: 1_000 });
  const loan = await makeLoan(world, { member, product });
  await world.clock.advance(8 * DAY_MS);
  member = { ...member, headers: await sessionOf(world, member.phone) };
  const [asker, decider] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  const ask = (path: string, said: Record<string, unknown>, headers = asker) => lender.send(path, said, headers);
  const waiver = await ask(`/api/loans/${loan.id}/waivers`, { instalment: 1, amount: 20, reason: WRITTEN.waiver });
  expect(waiver.status).toBe(201);
  expect((await ask(`/api/waivers/${waiver.body.waiverId}/decision`, { decision: 'approve' }, decider)).status).toBe(200);
  await pay(world, loan.reference, 500, { FirstName: NAME, MSISDN: member.phone });
  const [repayment] = await repaymentsOf(world, loan);
  expect((await ask(`/api/repayments/${repayment?.id}/reverse`, { reason: WRITTEN.reversal })).status).toBe(200);
  const [waiting] = await deposits(world);
  await match(world, waiting?.depositId ?? '', { standingReference: member.savingsReference });
  for (const path of [`/api/loans/${loan.id}`, '/api/loans', '/api/waivers?state=approved', '/api/reports/arrears'])
    expect((await lender.get(path, asker)).status).toBe(200);

  const keep = async (asked: Promise<{ body: unknown }>) => problems.push(JSON.stringify((await asked).body));
  await keep(ask(`/api/loans/${loan.id}/waivers`, { instalment: 9, reason: WRITTEN.waiver }));
  await keep(ask(`/api/repayments/${repayment?.id}/reverse`, { reason: WRITTEN.reversal }));
  await keep(ask(`/api/loans/${body.loanId}/decision`, { decision: 'reject', note: WRITTEN.note }));
  await keep(ask('/api/loans', { productCode: WRITTEN.reason, amount: 1, reason: WRITTEN.reason }, member.headers));
  await world.database.sql('alter table waivers rename column reason to nobody');
  await keep(ask(`/api/loans/${loan.id}/waivers`, { instalment: 1, reason: WRITTEN.waiver }));
  await world.database.sql('alter table waivers rename column nobody to reason');
  await world.pass(1);
});
afterAll(() => lender.world.stop());

const found = (texts: string[]): string[] => {
  const canaries = [...Object.values(WRITTEN), 'canary', 'kanari', member.phone, member.phone.slice(3)];
  return texts.filter((text) => canaries.some((canary) => text.toLowerCase().includes(canary.toLowerCase())));
};

test('what people write about a loan stands in no table in clear, nor who it is about', async () => {
  const { database } = lender.world;
  const columns = await database.sql<{ table: string; column: string }>(
    `select table_name as table, column_name as column from information_schema.columns
    where table_schema = 'public' and data_type !~ 'timestamp|date|integer|bigint|boolean|uuid'`,
  );
  const leaks: string[] = [];
  for (const { table, column } of columns) {
    const rows = await database.sql<{ value: string | null }>(`select "${column}"::text as value from "${table}"`);
    leaks.push(...found(rows.flatMap(({ value }) => value ?? [])).map((value) => `${table}.${column}: ${value}`));
  }
  expect(columns.length).toBeGreaterThan(100);
  expect(leaks).toEqual([]);
});

test('nor in a log line or a problem, when something breaks too', () => {
  expect(problems.map((text) => (JSON.parse(text) as { status: number }).status)).toEqual([404, 409, 409, 404, 500]);
  expect(lender.world.logLines.join()).toContain('request_failed');
  expect(found(lender.world.logLines)).toEqual([]);
  expect(found(problems)).toEqual([]);
});

test('is read by those whom it is for', async () => {
  const { world, get } = lender;
  const said = world.smsInbox.messages().filter(({ to }) => to === member.phone);
  expect(said.map(({ text }) => text).join()).toContain(WRITTEN.note);
  const { body } = await get('/api/waivers?state=approved', await signedIn(world, 'treasurer'));
  expect(body).toMatchObject({ waivers: [{ reason: WRITTEN.waiver }] });
});

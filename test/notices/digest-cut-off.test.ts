import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sayDigest } from '#sacco/notices/say-digest.ts';
import { type MadeLoan, type MadeMember, makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { startWorld, type World } from '../world/world.ts';
import { chargePenalty, goTo, mailsTo, promiseDigest, smsTo } from './telling.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld(); // Saturday, 21 November 2026, 12:00 in Nairobi
});
afterEach(() => world.stop());

type Execute = (statement: SQL) => Promise<unknown>;
type Step = (text: string, go: () => Promise<unknown>) => Promise<unknown>;

/** The app as another process has it, whose statements `step` holds up or cuts off. */
function appWith(step: Step): World['app'] {
  const { db } = world.app;
  const dialect = new PgDialect();
  const executed = new WeakMap<object, string>();
  const execute: Execute = (statement) => {
    const { sql: text } = dialect.sqlToQuery(statement);
    const query = db.execute(statement);
    const run = query.then.bind(query);
    const lazy = Object.assign(Object.create(query), {
      // biome-ignore lint/suspicious/noThenProperty: a query of drizzle is awaited
      then: (done: never, failed: never) => step(text, () => new Promise((resolve, reject) => run(resolve, reject))).then(done, failed),
    });
    executed.set(lazy, text);
    return lazy;
  };
  const batch = (queries: object[]) =>
    step(queries.map((query) => executed.get(query) ?? '').join(';'), () =>
      db.batch(queries.map((query) => Object.getPrototypeOf(query)) as never),
    );
  const proxied = new Proxy(db, {
    get: (target, key) => (key === 'execute' ? execute : key === 'batch' ? batch : Reflect.get(target, key)),
  });
  return { ...world.app, db: proxied };
}

const digestOf = async (member: MadeMember, on: string, channel: 'sms' | 'email') => {
  const [row] = await world.database.sql<{ id: string }>('select id from outbox where dedupe_key = $1', [
    `digest:${member.id}:${on}:${channel}`,
  ]);
  return [{ kind: 'digest', memberId: member.id, on, channel } as const, row?.id ?? ''] as const;
};

test.each(['sms', 'email'] as const)(
  'what is paid while a digest is read is not reminded of, nor a penalty made up (%s)',
  async (channel) => {
    const member = await makeMember(world, { email: 'achieng@example.com' });
    const loan = await makeLoan(world, { member, disbursedOn: '2026-11-14' });
    await promiseDigest(world, member, '2026-11-21');
    const reminded = Promise.withResolvers<void>();
    const app = appWith(async (text, go) => {
      if (text.includes('as all_cents')) {
        await reminded.promise;
        await world.database.sql('update instalments set paid_principal_cents = principal_cents where loan_id = $1 and due_on <= $2', [
          loan.id,
          '2026-11-21',
        ]);
      }
      const read = await go();
      if (text.includes('p.unpaid as penalty_cents')) reminded.resolve();
      return read;
    });
    await sayDigest(app, ...(await digestOf(member, '2026-11-21', channel)));
    expect(smsTo(world, member)).toEqual([]);
    expect(mailsTo(world, 'achieng@example.com').map(({ subject, text }) => [subject, text])).toEqual([]);
  },
);

const PROMISES_REST = ') as unsaid';
const MARKS_TOLD = 'update digests set said_at';

test.each([
  ['before the rest is promised', PROMISES_REST, 'before'],
  ['when the rest is promised', PROMISES_REST, 'after'],
  ['before it is noted', MARKS_TOLD, 'before'],
  ['when it is noted', MARKS_TOLD, 'after'],
] as const)('a process that dies %s loses no penalty, and explains none in two different messages', async (_, statement, when) => {
  const member = await makeMember(world);
  const product = await makeProduct(world, { penaltyKind: 'fixed', penaltyCents: 5_000n });
  const loans: MadeLoan[] = [];
  for (const on of ['2026-11-07', '2026-11-13', '2026-11-14']) loans.push(await makeLoan(world, { member, product, disbursedOn: on }));
  for (const [n, loan] of loans.entries()) await chargePenalty(world, loan, { on: '2026-11-21', days: n + 1 });
  await promiseDigest(world, member, '2026-11-21', ['sms']);
  const app = appWith(async (text, go) => {
    if (!text.includes(statement)) return go();
    if (when === 'after') await go();
    throw new Error('The process was killed.');
  });
  await expect(sayDigest(app, ...(await digestOf(member, '2026-11-21', 'sms')))).rejects.toThrow('killed');
  expect(smsTo(world, member)).toHaveLength(1);
  await world.pass(3);
  for (const day of [22, 23, 24, 25, 26]) await goTo(world, `2026-11-${day}T05:00:00Z`);
  const said = [...new Set(smsTo(world, member))];
  for (const { reference } of loans)
    expect([reference, said.filter((text) => text.includes(`Penalty KES 50 on ${reference}`)).length]).toEqual([reference, 1]);
  for (const text of said) expect(text.length).toBeLessThanOrEqual(306);
});

import { afterEach, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, importedAndSigned } from './importing.ts';

// Statements of both layouts are signed, withdrawn and signed again, payments are reversed in the portal and taken back, in any order: what counts is what the signed ones show.

let world: World;
afterEach(() => world.stop());

type Payment = { receipt: string; cents: bigint; reversal?: string; taken?: boolean };
type Signed = { id: string; layout: 'V1' | 'V2'; file: { bytes: Buffer; name: string }; shows: Set<string>; isSigned: boolean };

/** Numbers below a bound, the same ones for the same seed. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const post = async (path: string, body: unknown) =>
  (await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') })).status;

async function pay(payments: Payment[], shillings: number) {
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings: shillings, phone: newPhone() });
  if ('receipt' in paid) payments.push({ receipt: paid.receipt, cents: BigInt(shillings) * 100n });
  await world.pass(6);
}

const sumOf = (payments: Payment[]) => payments.reduce((sum, { cents }) => sum + cents, 0n);

/** What the books should have: a reversal counts while a signed statement shows it, for a payment that one of the full layout names. */
function expected(payments: Payment[], statements: Signed[]) {
  const showing = (payment: Payment, layouts: string) =>
    statements.some(({ isSigned, layout, shows }) => isSigned && layouts.includes(layout) && shows.has(payment.reversal ?? ''));
  const shown = payments.filter((payment) => showing(payment, 'V1 V2'));
  const taken = payments.filter((payment) => payment.taken);
  const locked = payments.filter((payment) => showing(payment, 'V1') && !payment.taken);
  return {
    ...{ float: sumOf(payments) - sumOf(shown), suspense: sumOf(payments) - sumOf(taken), owed: sumOf(shown) - sumOf(taken) },
    ...{
      locked: locked.map(({ receipt }) => receipt).sort(),
      unlinked: shown
        .filter((each) => !showing(each, 'V1'))
        .map(({ reversal }) => reversal ?? '')
        .sort(),
    },
  };
}

async function seen() {
  const { paybill_float: float = 0n, suspense = 0n, receivables: owed = 0n } = await balances(world.app.db);
  const tasks = await world.database.sql<{ subject: string }>(
    "select subject from reviews where kind = 'statement_reversed' and closed_at is null order by subject",
  );
  const locked = await world.database.sql<{ receipt: string }>(
    'select receipt from deposits where reversed_elsewhere_at is not null and taken_back_at is null and merged_into is null order by receipt',
  );
  return { float, suspense, owed, locked: locked.map(({ receipt }) => receipt), tasks: tasks.map(({ subject }) => subject) };
}

test.each([1, 2, 10])(
  'history %i',
  async (seed) => {
    world = await startWorld();
    expect((await register(world)).status).toBe(200);
    const roll = dice(seed);
    const payments: Payment[] = [];
    const statements: Signed[] = [];
    const told: string[] = [];
    for (const shillings of [20_000, 310, 420, 530, 640]) await pay(payments, shillings);
    const one = <T>(of: T[]): T | undefined => of[roll(of.length)];
    const steps = {
      reverse: async () => {
        const payment = one(payments.slice(1).filter(({ reversal, cents }) => !reversal && cents > 10_000n));
        if (payment) payment.reversal = world.simulator.control.reverseByHand({ receipt: payment.receipt }).receipt;
        await world.clock.advance(60_000);
      },
      sign: async () => {
        await pay(payments, 11 + roll(9));
        const layout = roll(2) === 0 ? 'V1' : 'V2';
        const file = await exported(world, { layout });
        const { statementId } = await importedAndSigned(world, file.bytes, file.name);
        statements.push({
          id: statementId,
          layout,
          file,
          isSigned: true,
          shows: new Set(payments.flatMap(({ reversal }) => reversal ?? [])),
        });
      },
      withdraw: async () => {
        const statement = one(statements.filter(({ isSigned }) => isSigned));
        if (!statement) return;
        const others = statements.filter((each) => each !== statement && each.isSigned && each.layout === 'V1');
        const isRelied = payments.some(
          ({ taken, reversal = '' }) => taken && statement.shows.has(reversal) && !others.some(({ shows }) => shows.has(reversal)),
        );
        expect(await post(`/api/statements/${statement.id}/withdraw`, { reason: 'By mistake' })).toBe(isRelied ? 409 : 200);
        statement.isSigned = isRelied;
      },
      again: async () => {
        const statement = one(statements.filter(({ isSigned }) => !isSigned));
        if (!statement) return;
        statement.id = (await importedAndSigned(world, statement.file.bytes, statement.file.name)).statementId;
        statement.isSigned = true;
      },
      takeBack: async () => {
        const receipt = one(expected(payments, statements).locked);
        const payment = payments.find((each) => each.receipt === receipt);
        if (!payment) return;
        const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
        expect(await post(`/api/deposits/${deposit?.id}/take-back`, { reason: 'Reversed' })).toBe(200);
        payment.taken = true;
      },
    };
    for (let n = 0; n < 22; n += 1) {
      const step = one(['reverse', 'sign', 'sign', 'withdraw', 'withdraw', 'again', 'takeBack', 'takeBack'] as const) ?? 'sign';
      await steps[step]();
      told.push(step);
      await world.pass(1);
      const { unlinked, ...wanted } = expected(payments, statements);
      const tasks = [...wanted.locked, ...unlinked].sort();
      expect({ told, ...(await seen()) }).toEqual({ told, ...wanted, tasks });
    }
  },
  180_000,
);

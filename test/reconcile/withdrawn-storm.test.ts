import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, imported, importedAndSigned, signOff } from './importing.ts';

// A statement is withdrawn while its payments are taken back and refunded, another one is signed, and the minute runs.

let world: World;
beforeAll(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 20_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

const post = async (path: string, body: unknown) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, ...((await response.json()) as { code?: string; payoutId?: string }) };
};

async function came(shillings: number) {
  const phone = newPhone();
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings: shillings, phone });
  await world.pass(6);
  return { phone, receipt: 'receipt' in paid ? paid.receipt : '', cents: BigInt(shillings) * 100n };
}
const idOf = async (receipt: string) =>
  (await world.database.sql<{ id: string }>('select id from deposits where receipt = $1 and merged_into is null', [receipt]))[0]?.id ?? '';

test.each([1, 2, 3, 4, 5])(
  'all at once, round %i: whatever was first, the books are those of what is signed and was decided',
  async (round) => {
    const before = await balances(world.app.db);
    const given = [await came(300 + round), await came(400 + round), await came(500 + round)];
    const sum = given.reduce((total, { cents }) => total + cents, 0n);
    for (const { receipt } of given) world.simulator.control.reverseByHand({ receipt });
    const file = await exported(world, { layout: round % 2 === 0 ? 'V2' : 'V1' });
    const { statementId } = await importedAndSigned(world, file.bytes, file.name);
    const extra = await came(20 + round);
    const next = await exported(world, { layout: 'V1' });
    const { statementId: nextId } = await imported(world, next.bytes, next.name);
    const signer = await signedIn(world, 'treasurer');
    const ids = await Promise.all(given.map(({ receipt }) => idOf(receipt)));
    const answers = await Promise.all([
      post(`/api/statements/${statementId}/withdraw`, { reason: 'By mistake' }),
      ...ids.map((id) => post(`/api/deposits/${id}/take-back`, { reason: 'Reversed in the portal' })),
      post('/api/refunds', { depositId: ids[0], phoneNumber: given[0]?.phone, method: 'b2c', reason: 'Not ours' }),
      signOff(world, nextId, signer).then(async (response) => ({
        status: response.status,
        ...((await response.json()) as { code?: string }),
      })),
      world.pass(1).then(() => ({ status: 200 })),
    ]);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    await world.pass(2);
    for (const answer of answers)
      if ('payoutId' in answer && answer.payoutId)
        expect((await post(`/api/payouts/${answer.payoutId}/decision`, { decision: 'decline' })).status).toBe(200);
    // the second one is signed and names each payment: what was not taken back is locked, and can be taken back now
    const states = await world.database.sql<{ state: string }>('select state from statements where id = any($1)', [[statementId, nextId]]);
    // it is not withdrawn where a payment was taken back before the second one was settled
    expect(states.map(({ state }) => state).sort()).toEqual(['done', answers[0].status === 200 ? 'withdrawn' : 'done']);
    for (const { receipt } of given) {
      const [left] = await world.database.sql<{ id: string; taken: boolean }>(
        'select id, taken_back_at is not null as taken from deposits where receipt = $1 and merged_into is null',
        [receipt],
      );
      if (!left?.taken)
        expect(await post(`/api/deposits/${left?.id}/take-back`, { reason: 'Reversed in the portal' })).toMatchObject({ status: 200 });
    }
    const after = await balances(world.app.db);
    expect({ float: after.paybill_float, suspense: after.suspense, owed: after.receivables ?? 0n }).toEqual({
      ...{ float: (before.paybill_float ?? 0n) + extra.cents, suspense: (before.suspense ?? 0n) + extra.cents, owed: 0n },
    });
    expect(sum).toBeGreaterThan(0n);
    const open = "select kind, subject from reviews where kind in ('statement_reversed', 'taken_back_short') and closed_at is null";
    expect(await world.database.sql(open)).toEqual([]);
  },
);

import { afterEach, beforeEach, expect, test } from 'vitest';
import { balances } from '../../src/ledger/balance.ts';
import { payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// A reversal of ours that was taken for rejected stands in a statement of the newer layout, which does not say of which payment; then its own result says it.

let world: World;
beforeEach(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 20_000 });
  await world.pass(6);
});
afterEach(() => world.stop());
const really = () => world.simulator.control.truth().accounts['174379']?.utilityShillings ?? 0;
const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
async function came(amountShillings: number) {
  const phone = newPhone();
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings, phone });
  await world.pass(6);
  const receipt = 'receipt' in paid ? paid.receipt : '';
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  return { id: deposit?.id ?? '', receipt, phone };
}

test.each(['nobody', 'two people, rightly', 'two people, of another', 'two people of another, taken back'] as const)(
  '%s said before which payment it was',
  async (who) => {
    const [ours, other] = [await came(700), await came(700)];
    world.simulator.control.plan({ api: 'reversal', next: 1, lost: true });
    const { body } = await post('/api/refunds', { depositId: ours.id, method: 'reversal', reason: 'Not ours' });
    expect((await post(`/api/payouts/${body.payoutId}/decision`, {})).status).toBe(200);
    await world.pass(1);
    const tell = (says: string, code: string, reversal: string | null) =>
      world.database.sql(
        `select settle_withdrawal_2(w.id, 'reversal', $5 || w.id, 'y', $5, case $5 when 'paid' then w.amount_cents end, $3, false, w.id::text, null, null, $4, $6, '174379', null, $2) as verdict from withdrawals w where w.payout_id = $1`,
        [body.payoutId, world.clock.now(), reversal, ours.receipt, says, code],
      );
    expect(await tell('failed', 'R000002', null)).toEqual([{ verdict: 'rejects' }]);
    await world.clock.advance(120_000);
    await world.settled();
    const { bytes, name } = await exported(world, { layout: 'V2' });
    await importedAndSigned(world, bytes, name);
    await world.pass(3);
    const [line] = await world.database.sql<{ receipt: string }>("select receipt from statement_lines where verdict = 'unlinked'");
    const reversal = line?.receipt ?? '';
    expect(reversal).not.toBe('');
    if (who !== 'nobody') {
      const on = new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
      const depositId = who === 'two people, rightly' ? ours.id : other.id;
      const entry = await post('/api/float-entries', {
        kind: 'paid_out',
        receipt: reversal,
        amount: 700,
        on,
        note: 'It was this one',
        depositId,
      });
      expect((await post(`/api/float-entries/${entry.body.entryId}/approve`, {})).status).toBe(200);
      if (who.endsWith('taken back'))
        expect((await post(`/api/deposits/${other.id}/take-back`, { reason: 'Given back' })).status).toBe(200);
    }
    const said = await tell('paid', '0', reversal);
    await world.pass(6);
    await post(`/api/deposits/${ours.id}/take-back`, { reason: 'Given back' });
    await world.pass(3);
    const { paybill_float: float = 0n, receivables = 0n, suspense = 0n } = await balances(world.app.db);
    const again = await post('/api/refunds', { depositId: ours.id, method: 'b2c', phoneNumber: ours.phone, reason: 'Once more' });
    const [fresh] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [other.receipt]); // opened anew, where it was taken back
    const free = await post('/api/refunds', { depositId: fresh?.id, method: 'b2c', phoneNumber: other.phone, reason: 'Not ours either' });
    expect([Number(float) / 100, receivables, Number(suspense) / 100, again.status === 201]).toEqual([really(), 0n, really(), false]);
    expect([said, free.status]).toEqual([[{ verdict: who === 'two people, rightly' ? 'known' : 'late' }], 201]);
  },
);

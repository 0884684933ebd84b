import { balances } from '#books/ledger/balance.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { payBill } from '../paybill/paybill.ts';
import { type Headers, post } from '../payouts/bulk.ts';
import { newPhone } from '../world/checkout.ts';
import type { World } from '../world/world.ts';

/** Debts of a world and what pays them, in the hands of a treasurer. */
export const receivablesOf = (world: World, treasurer: Headers) => ({
  /** A payout that gave back so much more than there was, as close-refund.ts books it. */
  async owes(shillings: number, phoneNumber = newPhone()): Promise<string> {
    const { body } = await post(world, '/api/payouts', { phoneNumber, amount: shillings, reason: 'Refund' }, treasurer);
    const payoutId = String(body.payoutId);
    const now = world.clock.now();
    await world.database.sql("select book_1('given_twice', $1, 1, 'receivables', 'expenses', $2, $3)", [payoutId, shillings * 100, now]);
    await openTask(world.app.db, { kind: 'refund_exceeds_payment', subject: payoutId, openedAt: now });
    return payoutId;
  },
  /** Proved money in suspense. */
  async comesBack(amountShillings: number): Promise<string> {
    const paid = await payBill(world, { account: 'NIMEREJESHA', amountShillings });
    await world.pass(5);
    const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
      'receipt' in paid ? paid.receipt : '',
    ]);
    return row?.id ?? '';
  },
  /** What a signed statement does that shows so much of a deposit as reversed in the portal. */
  async reverseInPortal(depositId: string, shillings: number): Promise<void> {
    const now = world.clock.now();
    await world.database.sql(
      "update deposits set reversed_elsewhere_at = $2, reversal_receipt = 'UKZ9REVER1', reversed_elsewhere_cents = $3 where id = $1",
      [depositId, now, shillings * 100],
    );
    await world.database.sql('select book_reversed_2($1, $2)', [depositId, now]);
  },
  match: (depositId: string, body: object, by = treasurer) => post(world, `/api/deposits/${depositId}/match`, body, by),
  unmatch: (depositId: string, body: object, by = treasurer) => post(world, `/api/deposits/${depositId}/unmatch`, body, by),
  takeBack: (depositId: string) => post(world, `/api/deposits/${depositId}/take-back`, { reason: 'Reversed in the portal' }, treasurer),
  owed: async () => (await balances(world.app.db)).receivables ?? 0n,
  suspended: async () => (await balances(world.app.db)).suspense ?? 0n,
  openKinds: async (subject: string) =>
    (
      await world.database.sql<{ kind: string }>('select kind from reviews where subject = $1 and closed_at is null order by kind', [
        subject,
      ])
    ).map(({ kind }) => kind),
});

import { expect } from 'vitest';
import { loanAccount } from '#books/ledger/accounts.ts';
import { balanceOf } from '#books/ledger/balance.ts';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { newPhone, push } from '../world/checkout.ts';
import { type MadeMember, makeMember } from '../world/lending.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld } from '../world/world.ts';

type Headers = { authorization: string };
type Body = Record<string, unknown>;
export type Answer = { status: number; body: Body };
type Plan = Parameters<Awaited<ReturnType<typeof startWorld>>['simulator']['control']['plan']>[0];

/** A product as it is sent: ten weekly instalments without interest; `changes` are fields. */
export const productInput = (changes: Body = {}): Body => ({
  ...{ code: 'weekly', name: 'Ten weeks', method: 'flat', period: 'week', instalments: 10, min: 500, max: 1_000_000 },
  ...changes,
});

/** A world that lends: two treasurers, a product, money on the paybill, and what they do through the real functions. */
export async function openLender({ customers = 2 }: { customers?: number } = {}) {
  const world = await startWorld();
  const [treasurer, second] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];

  async function send(path: string, body: Body, headers: Record<string, string> = treasurer, method = 'POST'): Promise<Answer> {
    const response = await world.send(method, path, { body, headers });
    return { status: response.status, body: (await response.json()) as Body };
  }
  async function get(path: string, headers: Headers = treasurer): Promise<Answer> {
    const response = await world.send('GET', path, { headers });
    return { status: response.status, body: (await response.json()) as Body };
  }
  const offer = (changes: Body = {}) => send('/api/loan-products', { products: [productInput(changes)] }, treasurer, 'PUT');
  const apply = (member: MadeMember, amount: number, more: Body = {}, headers: Record<string, string> = {}) =>
    send('/api/loans', { productCode: 'weekly', amount, ...more }, { ...member.headers, ...headers });
  const decide = (loanId: unknown, body: Body = { decision: 'approve' }, headers: Headers = treasurer) =>
    send(`/api/loans/${loanId}/decision`, body, headers);
  const disburse = (loanId: unknown, headers: Headers = treasurer) => send(`/api/loans/${loanId}/disburse`, {}, headers);

  /** Customers fill the paybill: 200,000 shillings each. */
  async function fill(times: number): Promise<void> {
    for (let n = 0; n < times; n++) {
      const phoneNumber = newPhone();
      world.simulator.control.setBalance(phoneNumber, 250_000);
      const { prompt } = await push(world, { phoneNumber, items: [{ sku: 'coffee', quantity: 160 }] });
      await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
      await world.pass(1);
    }
  }
  await fill(customers);
  expect((await offer()).status).toBe(200);

  return {
    ...{ world, treasurer, second, send, get, offer, apply, decide, disburse, fill },
    decidePayout: (payoutId: unknown, decision: 'approve' | 'decline' = 'approve', headers: Headers = second) =>
      send(`/api/payouts/${payoutId}/decision`, { decision }, headers),
    /** A loan that is approved and not paid out. */
    async approved(
      amount: number,
      more: Body = {},
      member?: MadeMember,
    ): Promise<{ loanId: string; member: MadeMember; reference: string }> {
      const borrower = member ?? (await makeMember(world));
      const { status, body } = await apply(borrower, amount, more);
      expect([status, body.code]).toEqual([201, undefined]);
      expect((await decide(body.loanId)).status).toBe(200);
      return { loanId: String(body.loanId), reference: String(body.reference), member: borrower };
    },
    /** A result that says of a part of a loan's payout that nobody was paid, whatever is true. */
    async tellRejected(loanId: string, part = 1): Promise<string> {
      const [row] = await world.database.sql<{ id: string; conversation_id: string }>(
        `select w.id, w.conversation_id from withdrawals w join payouts p on p.id = w.payout_id where p.subject_id = $1 and w.part = $2 order by p.id desc limit 1`,
        [loanId, part],
      );
      const { id = '', conversation_id: conversationId = '' } = row ?? {};
      const says = {
        ResultType: 0,
        ResultCode: 2040,
        ResultDesc: 'x',
        OriginatorConversationID: id,
        ConversationID: conversationId,
        TransactionID: 'SG20000000',
      };
      const path = `/api/callbacks/b2c/${makeCallbackToken(world.app.config.callback.tokenKeys, 'b2c', id)}/result`;
      expect((await world.send('POST', path, { body: JSON.stringify({ Result: says }) })).status).toBe(200);
      return conversationId;
    },
    plan: (plan: Plan) => world.simulator.control.plan(plan),
    /** What was sent to a phone, in shillings, by the simulator's own truth. */
    sentTo: (phone: string): number =>
      world.simulator.control
        .truth()
        .transactions.filter((moved) => moved.kind === 'b2c' && moved.phone === phone)
        .reduce((sum, { amountShillings }) => sum + amountShillings, 0),
    sentCents: (): bigint => BigInt(world.simulator.control.truth().sentCents),
    /** How a loan stands in the tables: its state, what its account holds, how often Safaricom was asked to pay for it. */
    async standing(loanId: string) {
      const [loan] = await world.database.sql<{
        state: string;
        payouts: string[];
        parts: string[] | null;
        disbursed_on: string | null;
        instalments: number;
        cents: string | null;
      }>(
        `select l.state, l.disbursed_on::text, (select count(*)::int from instalments where loan_id = l.id) as instalments,
           (select sum(principal_cents) from instalments where loan_id = l.id) as cents,
           array(select state from payouts where kind = 'loan' and subject_id = l.id order by id) as payouts,
           array(select w.state from withdrawals w join payouts p on p.id = w.payout_id where p.subject_id = l.id order by p.id, w.part) as parts
         from loans l where id = $1`,
        [loanId],
      );
      return { ...loan, lentCents: await balanceOf(world.app.db, loanAccount(loanId)) };
    },
    async expectBooksToBalance(): Promise<void> {
      const books = await booksBalance(world);
      expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
      const wrong = await world.database.sql(
        `select l.id from loans l where l.state in ('active', 'closed') and
           (select coalesce(sum(principal_cents - paid_principal_cents), 0) from instalments where loan_id = l.id) <>
           (select coalesce(sum(case when debit_account = 'loan:' || l.id then amount_cents else -amount_cents end), 0) from transfers where 'loan:' || l.id in (debit_account, credit_account))`,
      );
      expect(wrong).toEqual([]);
    },
  };
}
export type Lender = Awaited<ReturnType<typeof openLender>>;

import { balances } from '#books/ledger/balance.ts';
import { allocate } from '#mpesa/payments/allocate.ts';
import { payerOf } from '#mpesa/payments/payer.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { noticeBody, stkCallbackBody } from '../../proof/bodies.ts';
import { answerWaiting, owe, post, type Stage, strikeMinute, US } from '../../proof/stage.ts';
import { newPhones, newReceipt, type Owed, show } from '../../proof/world-of-money.ts';
import { signedIn } from '../../world/person.ts';

/** What a test says to the product, as Safaricom or as a liar does. */
export async function openScene(stage: Stage) {
  const { world } = stage;
  const before = await balances(world.app.db);
  const at = () => world.clock.now();
  return {
    receipt: () => newReceipt(at()),
    owe: (shillings: number, phone = newPhones().customers[0] ?? ''): Promise<Owed> => owe(stage, phone, shillings),
    calledBack: (owed: Owed, receipt: string, shillings: number, phone: unknown = Number(owed.phone)) =>
      post(
        stage,
        'callback',
        owed.callbackPath,
        stkCallbackBody({ checkoutRequestId: owed.checkoutRequestId, resultCode: 0, receipt, shillings, at: at(), phone }),
      ),
    told: (
      receipt: string,
      shillings: number,
      reference: string,
      phone = '254700000001',
      hint: 'masked' | 'full' = 'masked',
      when = at(),
    ) =>
      post(
        stage,
        'c2b-confirmation',
        stage.confirmationPath,
        noticeBody({ receipt, shillings, reference, at: when, msisdn: show(phone, hint), shortcode: stage.shortcode }),
      ),
    /** The query says "paid" of these prompts. */
    queried: (...paid: Owed[]) => {
      stage.safaricom.queryAnswer = (id) => (paid.some(({ checkoutRequestId }) => checkoutRequestId === id) ? '0' : '4999');
    },
    proves: (receipt: string, shillings: number, phone = '254700000001', when = at()) =>
      void stage.statusAnswers.set(receipt, { debit: `${show(phone, 'masked')} - JANE`, credit: US, shillings, at: when }),
    /** Gives a deposit back by B2C; Safaricom pays it. */
    giveBack: async (receipt: string, phoneNumber: string) => {
      const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
      const asked = await world.send('POST', '/api/refunds', {
        body: { depositId: row?.id, phoneNumber, method: 'b2c', reason: 'Test' },
        headers: await signedIn(world, 'treasurer'),
      });
      const { payoutId, code } = (await asked.json()) as { payoutId?: string; code?: string };
      if (!payoutId) return code;
      const decided = await world.send('POST', `/api/payouts/${payoutId}/decision`, {
        body: {},
        headers: await signedIn(world, 'treasurer'),
      });
      return decided.status;
    },
    minutes: async (n: number) => {
      for (let i = 0; i < n; i++) {
        await world.clock.advance(60_000);
        await strikeMinute(stage);
      }
    },
    answer: () => answerWaiting(stage),
    refute: async (receipt: string) =>
      world.database.sql('select refute_deposit_2(id, $2) from deposits where receipt = $1', [receipt, at().toISOString()]),
    takeBack: async (receipt: string) => {
      const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
      const headers = await signedIn(world, 'treasurer');
      return (await world.send('POST', `/api/deposits/${row?.id}/take-back`, { body: { reason: 'Unknown' }, headers })).status;
    },
    grown: async () => {
      const after = await balances(world.app.db);
      const changes = Object.entries(after).map(([account, sum]) => [account, Number((sum - (before[account] ?? 0n)) / 100n)] as const);
      return Object.fromEntries(changes.filter(([, sum]) => sum !== 0));
    },
    payment: async ({ paymentId }: Owed) =>
      (await world.database.sql('select state as status, counted_deposit_id from payments where id = $1', [paymentId]))[0],
    deposits: (shillings: number) =>
      world.database.sql(
        'select receipt, tied_by, attempt_id is not null as prompted, payment_id is not null as pays, confirmed_at is not null as proved, allocated_at is not null as allocated, refuted_at is not null as refuted, taken_back_at is not null as taken_back, merged_into is not null as merged from deposits where amount_cents = $1 order by receipt, id',
        [shillings * 100],
      ),
  };
}

export type Told = [receipt: string, shillings: number, phone: string, hint?: 'hashed' | 'masked' | 'hidden' | 'full', reference?: string];

/** A notice of a payment of this minute, with the payer's number as `hint` shows it. */
export const sendNotice = (stage: Stage, ...[receipt, shillings, phone, hint = 'hashed', reference = '']: Told) =>
  post(
    stage,
    'c2b-confirmation',
    stage.confirmationPath,
    noticeBody({ receipt, shillings, reference, at: stage.world.clock.now(), msisdn: show(phone, hint), shortcode: stage.shortcode }),
  );

/** A line of Safaricom's list. */
export type Line = { receipt: string; shillings: number; typed?: string; at?: Date; phone?: string };

/** Safaricom's list says these lines, and what they prove is allocated. The verdict of each. */
export async function listByPull(stage: Stage, ...lines: Line[]) {
  const settled = await settleReceipts(
    { db: stage.world.app.db, now: stage.world.clock.now() },
    'pull',
    lines.map(({ receipt, shillings, typed, at = stage.world.clock.now(), phone }) => ({
      ...{ receipt, amountCents: BigInt(shillings) * 100n, typedReference: typed, shortcode: stage.shortcode, prompts: true, times: [at] },
      payer: phone ? payerOf({ tail: phone.slice(-3) }, undefined) : {},
    })),
  );
  for (const { depositId } of settled) if (depositId) await allocate(stage.world.app, depositId);
  return settled.map(({ receipt, verdict }) => [receipt, verdict]);
}

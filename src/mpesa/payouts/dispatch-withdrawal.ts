import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { bigintText, decrypted, instantSql, readRows } from '#ground/db/rows.ts';
import { wholeShillings } from '#ground/money/cents.ts';
import type { Deliver } from '#ground/outbox/delivery/drain.ts';
import { DarajaError, type DarajaReason } from '../daraja/errors.ts';
import { payingShortcode } from '../float/paying-shortcode.ts';
import { givenBackSql } from '../paybill/confirmed.ts';
import { heldBackSql } from '../paybill/held-back.ts';
import { hashedPayerSql, isAnothers, payerChangedSql } from '../paybill/payer-of.ts';
import type { App } from '../wiring/app.ts';
import { arrivedAlreadySql } from './arrived-already.ts';
import { receiptMovedSql } from './receipt-moved.ts';
import { NOT_SENT } from './rejection-words.ts';
import { settleWithdrawal } from './settle-withdrawal.ts';
import { stopDispatch } from './stop-dispatch.ts';
import { ARE_STOPPED } from './stopped.ts';

const Claimed = z.object({
  kind: z.enum(['payment', 'refund', 'reversal', 'loan']),
  amountCents: bigintText,
  phone: decrypted('phone').nullable(),
  reference: z.string(),
  receipt: z.string().nullable(),
  receivedAt: z.string().nullable(),
  stopped: z.boolean(),
  needless: z.boolean(),
  hashedPayer: decrypted('payer_phone').nullable(),
  /** Whether an earlier try had no clear answer: Safaricom may have accepted that one, whatever it says about this one. */
  mayBeTaken: z.boolean(),
});

const LOOK_AGAIN_MS = 5 * 60_000;

/** Our initiator is at fault: further tries would fail too, or lock it. */
const STOPS: ReadonlySet<DarajaReason> = new Set(['wrong_credentials', 'initiator_locked', 'not_configured'] as DarajaReason[]);
/** Safaricom will never accept this payment as it is. */
const FINAL: ReadonlySet<DarajaReason> = new Set(['invalid_phone', 'invalid_amount', 'bad_request'] as DarajaReason[]);

/**
 * Handles `dispatch_withdrawal`: asks Safaricom to pay, with the id that was fixed when the money was reserved; two round trips, one before and one after the call.
 * After a certain refusal the money stays reserved and is tried again. After an unclear answer the withdrawal is `unknown` and is tried again with the same id,
 * which Safaricom pays once; "duplicate" means that it was accepted, and its result will come. A refusal says nothing about an earlier unclear try, whose status is
 * then asked. Each try first checks that the money may still be sent. It may not where it has arrived by another payout, was reversed in the portal or is held back,
 * where a reversal's receipt turned out to be another movement, or where a refund's payee is not the payer. Then the reserve goes back; if an earlier unclear try
 * may have been accepted, the status decides instead.
 */
export const dispatchWithdrawal: Deliver<'dispatch_withdrawal', App> = async (app, { withdrawalId }) => {
  const now = app.clock.now();
  const claimed = await claim(app, withdrawalId, now);
  if (!claimed) return undefined; // the withdrawal has ended
  if (claimed.needless || isAnothers(claimed.hashedPayer, claimed.phone))
    return claimed.mayBeTaken ? undefined : giveBack(app, withdrawalId, now);
  if (claimed.stopped) return new Date(now.getTime() + LOOK_AGAIN_MS);
  try {
    const { conversationId, originatorConversationId } =
      claimed.kind === 'reversal' ? await reverse(app, withdrawalId, claimed) : await pay(app, withdrawalId, claimed);
    await app.db.execute(sql`
      update withdrawals set conversation_id = coalesce(conversation_id, ${conversationId}),
        originator_conversation_id = coalesce(originator_conversation_id, ${originatorConversationId}) where id = ${withdrawalId}::uuid`);
    return undefined;
  } catch (error) {
    if (!(error instanceof DarajaError)) throw error;
    return recordRefusal(app, withdrawalId, error, claimed);
  }
};

function pay(app: App, withdrawalId: string, { phone, amountCents, reference }: z.output<typeof Claimed>) {
  if (!phone) throw new Error('A payout by B2C needs the phone that it goes to.');
  const request = {
    originatorConversationId: withdrawalId,
    phone,
    amountShillings: wholeShillings(amountCents),
    commandId: 'BusinessPayment' as const,
  };
  return app.daraja.sendB2c({ ...request, remarks: reference, occasion: reference, ...urls(app, 'b2c', withdrawalId) });
}

function reverse(app: App, withdrawalId: string, { receipt, receivedAt, amountCents, reference }: z.output<typeof Claimed>) {
  if (!receipt) throw new Error('A reversal needs the receipt of what it gives back.');
  return app.daraja.reverseTransaction({
    receipt,
    ...(receivedAt && { shortcode: receivedAt }),
    amountShillings: wholeShillings(amountCents),
    remarks: reference,
    ...urls(app, 'reversal', withdrawalId),
  });
}

function urls({ config }: App, kind: 'b2c' | 'reversal', withdrawalId: string) {
  const url = `${config.site.url}/api/callbacks/${kind}/${makeCallbackToken(config.callback.tokenKeys, kind, withdrawalId)}`;
  return { resultUrl: `${url}/result`, timeoutUrl: `${url}/timeout` };
}

async function claim({ db, upstairs }: App, withdrawalId: string, now: Date) {
  const at = instantSql(now);
  const [row] = await readRows(
    db,
    Claimed,
    sql`
    with earlier as (
      select id, state from withdrawals where id = ${withdrawalId}::uuid and state in ('reserved', 'dispatched', 'unknown') for update
    ), needless as (
      select w.id from earlier join withdrawals w on w.id = earlier.id join payouts p on p.id = w.payout_id
      where (earlier.state = 'reserved' or p.kind <> 'reversal') -- Safaricom takes a payment back once, however often it is asked
        and (${arrivedAlreadySql(upstairs, sql`p`)} or ${receiptMovedSql(sql`p`)} or ${payerChangedSql(sql`p`)} or ${givenBackSql(sql`p`)} is not null
          or coalesce(${heldBackSql(upstairs, sql`p`)} <> 'second_person', false))
    ), claimed as (
      update withdrawals w set state = 'dispatched', tried_at = ${at}, dispatched_at = case when earlier.state = 'reserved' then ${at} else coalesce(w.dispatched_at, ${at}) end, -- Safaricom may have paid an earlier try
        asked_again = nullif(earlier.state <> 'reserved', false), query_due_at = ${at} + interval '3 minutes'
      from earlier where w.id = earlier.id and not ${ARE_STOPPED} and not exists (select from needless)
    )
    select exists (select from needless) as needless, earlier.state <> 'reserved' as may_be_taken, p.kind, w.amount_cents, p.phone, ${hashedPayerSql(sql`p`)} as hashed_payer,
      p.reference, ${ARE_STOPPED} as stopped,
      coalesce(p.receipt, d.receipt) as receipt, d.shortcode as received_at
    from earlier join withdrawals w on w.id = earlier.id join payouts p on p.id = w.payout_id
      left join deposits d on d.id = case when p.kind = 'reversal' then p.subject_id end`,
  );
  return row;
}

/** Gives the reserve back where it came from: Safaricom was never asked to pay this. */
async function giveBack({ db, config }: App, withdrawalId: string, now: Date): Promise<undefined> {
  await settleWithdrawal(
    { db, now },
    {
      withdrawalId,
      source: 'b2c',
      body: 'not sent: another payout delivered it, it was refunded in the portal, its receipt belongs to another payment, another phone paid it, or nothing certain proves it now',
      says: 'failed',
      resultCode: NOT_SENT,
      originatorId: withdrawalId,
      shortcode: payingShortcode(config),
    },
  );
}

async function recordRefusal(
  app: App,
  withdrawalId: string,
  error: DarajaError,
  { kind, mayBeTaken }: z.output<typeof Claimed>,
): Promise<Date | undefined> {
  app.log.warn('withdrawal_not_accepted', { withdrawalId, kind: error.kind, reason: error.reason, errorCode: error.errorCode });
  const now = app.clock.now();
  const isFinal = error.kind === 'refused' && FINAL.has(error.reason);
  if (isFinal && !mayBeTaken) {
    await settleWithdrawal(
      { db: app.db, now },
      {
        ...{ withdrawalId, source: 'b2c', body: `refused: ${error.reason}`, says: 'failed', resultCode: error.errorCode ?? error.reason },
        ...{ originatorId: withdrawalId, shortcode: payingShortcode(app.config) },
      },
    );
    return undefined;
  }
  const state = error.kind === 'refused' && !mayBeTaken ? 'reserved' : 'unknown';
  await app.db.execute(sql`update withdrawals set state = ${state} where id = ${withdrawalId}::uuid and state = 'dispatched'`);
  if (STOPS.has(error.reason)) {
    await stopDispatch(app.db, error.reason, now);
    return new Date(now.getTime() + LOOK_AGAIN_MS);
  }
  if (isFinal || (error.reason as string) === 'duplicate_request') return undefined; // accepted, or perhaps accepted: the result will come, or the status is asked
  if (kind === 'reversal' && error.kind === 'unclear') return undefined; // a reversal has no id of ours: its status is asked before anything is repeated
  throw error; // the outbox tries again, with the same id
}

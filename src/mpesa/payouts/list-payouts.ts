import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { listInput, pageStatements, takePage } from '#ground/db/page.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, decrypted, inOneBatch } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { maskPayer } from '../payments/mask-payer.ts';
import type { App } from '../wiring/app.ts';
import { PAYOUT_STATES, payouts } from './payouts.schema.ts';
import { rejectionWords } from './rejection-words.ts';
import { STOPPED, sayStopped } from './stopped.ts';

/**
 * Filters: by state, by the id of a payout or of a part (a withdrawal), by the M-PESA code of a part, or the refunds of a deposit. Newest
 * first; `before` is the cursor.
 */
export const ListPayoutsInput = listInput(
  {
    state: z.enum(PAYOUT_STATES).optional(),
    payoutId: z.uuid().optional(),
    receipt: z.string().trim().toUpperCase().max(20).optional(),
    depositId: z.uuid().optional(),
    before: z.uuid().optional(),
  },
  500,
);

const Part = z.object({
  withdrawalId: z.uuid(),
  part: z.number(),
  cents: bigintText,
  state: z.string(),
  receipt: z.string().nullable(),
  resultCode: z.string().nullable(),
});

const PAYOUT = pick(payouts, 'p', [
  ...(['id', 'reference', 'kind', 'reason', 'reasonSealed', 'state', 'amountCents', 'phone', 'bankReference'] as const),
  ...(['portalReceipt', 'externalReference', 'requestedBy', 'requestedAt', 'decidedBy', 'decidedAt'] as const),
]);

const Row = PAYOUT.row.extend({
  parts: z.array(Part),
  depositId: z.uuid().nullable(),
  paymentId: z.uuid().nullable(),
  receipt: z.string().nullable(),
  cameCents: bigintText.nullable(),
  payerName: decrypted('payer_name').nullable(),
  payerPhone: decrypted('payer_phone').nullable(),
  payerTail: z.string().nullable(),
});

/** Only the conditions that were given; each has its index. */
function chosen({ state, payoutId, receipt, depositId }: z.output<typeof ListPayoutsInput>): SQL {
  const named = [
    state && sql`p.state = ${state}`,
    payoutId && sql`p.id in (select ${payoutId}::uuid union all select w.payout_id from withdrawals w where w.id = ${payoutId}::uuid)`,
    receipt &&
      sql`p.id in (select o.id from withdrawals w join payouts f on f.id = w.payout_id join payouts o on o.id = f.id or o.subject_id = f.subject_id and o.portal_receipt = w.receipt where w.receipt = ${receipt})`,
    depositId && sql`p.subject_id = ${depositId}::uuid`,
  ];
  return sql.join([sql`true`, ...named.filter((each) => typeof each === 'object')], sql` and `);
}

/**
 * Payouts with their parts, and what a refund gives back to whom, newest first, in keyset pages (ids grow with time), and why payouts are
 * stopped if they are. Whoever may approve a waiting payout sees the whole number that it goes to. One round trip.
 */
export async function listPayouts({ db }: Pick<App, 'db'>, input: z.output<typeof ListPayoutsInput>, { caller }: Pick<Call, 'caller'>) {
  const maySee = caller.scopes.includes('payouts:approve');
  const wanted = chosen(input);
  const list = sql`
    select ${PAYOUT.list},
      coalesce((select jsonb_agg(jsonb_build_object('withdrawalId', w.id, 'part', w.part, 'cents', w.amount_cents::text, 'state', w.state, 'receipt', w.receipt,
        'resultCode', w.result_code) order by w.part) from withdrawals w where w.payout_id = p.id), '[]') as parts,
      d.id as deposit_id, d.payment_id, d.receipt, d.amount_cents as came_cents, d.payer_name, d.payer_phone, d.payer_tail
    from payouts p left join deposits d on d.id = case when p.kind in ('refund', 'reversal')
      then coalesce((select f.counted_deposit_id from payments f where f.id = p.subject_id), p.subject_id) end
    where ${wanted} and ${input.before ? sql`p.id < ${input.before}::uuid` : sql`true`}
    order by p.id desc`;
  const [standing, ...page] = await inOneBatch(db, [STOPPED, ...pageStatements(input, list, sql`from payouts p where ${wanted}`)]);
  const { rows, hasMore, totals } = takePage(Row, input, page);
  return {
    payouts: rows.map(
      ({
        id,
        reason,
        reasonSealed,
        amountCents,
        phone,
        parts,
        depositId,
        paymentId,
        receipt,
        cameCents,
        payerName,
        payerPhone,
        payerTail,
        ...row
      }) => ({
        payoutId: id,
        ...row,
        reason: reasonSealed ?? reason, // in clear in older rows
        amount: shillings(amountCents),
        maskedPhone: phone && maskPhone(phone),
        ...(maySee && row.state === 'requested' && { phoneNumber: phone }),
        givesBack:
          depositId === null
            ? null
            : {
                ...{ depositId, paymentId, receipt, payerName },
                amount: shillings(cameCents ?? 0n),
                maskedPhone: maskPayer(payerPhone, payerTail),
              },
        parts: parts.map(({ cents, ...part }) => ({
          ...part,
          why: part.state === 'rejected' ? rejectionWords(part.resultCode) : null,
          amount: shillings(cents),
        })),
      }),
    ),
    nextBefore: hasMore ? (rows.at(-1)?.id ?? null) : null,
    ...totals,
    stopped: sayStopped(standing?.rows),
  };
}

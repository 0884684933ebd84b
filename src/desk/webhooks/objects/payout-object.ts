import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, instant, rowsOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { rejectionWords } from '#mpesa/payouts/rejection-words.ts';
import { type EventObjects, idsSql, printed, VERSION, Versioned } from './event-object.ts';

const Row = Versioned.extend({
  reference: z.string(),
  kind: z.string(),
  state: z.string(),
  amountCents: bigintText,
  paidCents: bigintText,
  receipts: z.array(z.string()),
  codes: z.array(z.string()),
  paymentId: z.uuid().nullable(),
  externalReference: z.string().nullable(),
  requestedAt: instant,
});

/** A payout with what of it has arrived, and why the rest has not. */
export const payoutObjects: EventObjects = {
  select: (ids) => sql`
    select ${VERSION}, p.id, p.reference, p.kind, p.state, p.amount_cents, p.payment_id, p.external_reference, p.requested_at,
      (select coalesce(sum(w.amount_cents), 0) from withdrawals w where w.payout_id = p.id and w.state = 'paid') as paid_cents,
      array(select w.receipt from withdrawals w where w.payout_id = p.id and w.receipt is not null order by w.part) as receipts,
      array(select distinct w.result_code from withdrawals w where w.payout_id = p.id and w.state = 'rejected' and w.result_code is not null) as codes
    from payouts p where p.id = ${idsSql(ids)}`,
  read: (rows) =>
    rowsOf(Row, rows).map((row) => ({
      ...{ id: row.id, version: row.version },
      state: {
        ...{ object: 'payout', payoutId: row.id, reference: row.reference, kind: row.kind, state: row.state },
        ...{ amount: shillings(row.amountCents), paidAmount: shillings(row.paidCents), mpesaReceiptNumbers: row.receipts },
        ...{ failureReasons: row.codes.map(rejectionWords), paymentId: row.paymentId, externalReference: row.externalReference },
        requestedAt: printed(row.requestedAt),
      },
    })),
};

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { pick } from '#ground/db/pick.ts';
import { decrypted, readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { shillings } from '#ground/money/cents.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import type { Party } from '../daraja/read-party.ts';
import type { App } from '../wiring/app.ts';
import { adviseOnStatus } from './advise-on-status.ts';
import { explainResult } from './explain-result.ts';
import { findRelated, type Told } from './find-related.ts';
import { inquiries } from './inquiries.schema.ts';

export const ReadStatusInput = z.strictObject({ id: z.uuid() });

/** Safaricom answers within minutes; after this long an inquiry without an answer counts as timed out, though a late answer is still accepted. */
const PATIENCE_MS = 15 * 60_000;

const party = (column: string) => decrypted(column).transform((text) => JSON.parse(text) as Party);

const INQUIRY = pick(inquiries, 'i', [
  ...(['state', 'askedBy', 'askedAt', 'receipt', 'originatorConversationId', 'refusal', 'answeredAt', 'says', 'resultCode'] as const),
  ...(['toldStatus', 'toldReceipt', 'toldCents', 'debitParty', 'creditParty', 'reasonType', 'finalisedAt'] as const),
]);
const Row = INQUIRY.row.extend({
  says: z.enum(['completed', 'failed', 'reversed', 'pending', 'unclear']).nullable(),
  debitParty: party('debit_party').nullable(),
  creditParty: party('credit_party').nullable(),
  quarantined: z.number(),
});
type Row = z.output<typeof Row>;

/**
 * The outcome of an inquiry about a transaction: its state, the answer with masked parties, what it proves in our books, and what can be done about it. Throws
 * `inquiry_not_found`. Two round trips once it is answered.
 */
export async function readTransactionStatus({ db, clock }: Pick<App, 'db' | 'clock'>, { id }: { id: string }) {
  const [row] = await readRows(
    db,
    Row,
    sql`
    select ${INQUIRY.list},
      (select count(*)::int from evidence e where e.subject_id = i.id and e.verdict in ('contradicts', 'other_conversation', 'other_transaction')) as quarantined
    from inquiries i where id = ${id}::uuid and kind = 'transaction-status'`,
  );
  if (!row) throw new AppError('inquiry_not_found', 'There is no such inquiry.');
  const { state, askedBy, askedAt, receipt, originatorConversationId, refusal, quarantined } = row;
  const silent = state === 'asked' && clock.now().getTime() - askedAt.getTime() > PATIENCE_MS;
  const asked = {
    inquiryId: id,
    state: silent ? 'timed_out' : state,
    askedBy,
    askedAt: askedAt.toISOString(),
    receipt,
    originatorConversationId,
  };
  return { ...asked, refusal, quarantinedAnswers: quarantined, answer: await answerOf(db, row) };
}

async function answerOf(db: App['db'], row: Row) {
  const { answeredAt, says } = row;
  if (!answeredAt || !says) return null;
  const told: Told = {
    receipt: row.toldReceipt,
    originatorConversationId: row.originatorConversationId,
    amountCents: row.toldCents,
    payer: row.debitParty?.phone,
    at: row.finalisedAt ?? row.askedAt,
  };
  const related = await findRelated(db, told);
  return {
    answeredAt: answeredAt.toISOString(),
    outcome: says,
    status: row.toldStatus,
    mpesaReceiptNumber: row.toldReceipt,
    amount: row.toldCents === null ? null : shillings(row.toldCents),
    debitParty: row.debitParty && maskParty(row.debitParty),
    creditParty: row.creditParty && maskParty(row.creditParty),
    reasonType: row.reasonType,
    finalisedAt: row.finalisedAt?.toISOString() ?? null,
    resultCode: row.resultCode,
    ...explainResult(row),
    related,
    advice: adviseOnStatus(says, related),
  };
}

/** A party as an operator sees it: a business in full, a person by the last digits of the phone and the first letters of the names. */
function maskParty({ phone, shortcode, name }: Party): { shortcode?: string; maskedPhone?: string; name: string } {
  if (shortcode !== undefined) return { shortcode, name };
  const initials = name
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => `${[...word][0]}.`)
    .join(' ');
  if (!phone) return { name: initials };
  return { maskedPhone: 'full' in phone ? maskPhone(phone.full) : `••• ${phone.tail}`, name: initials };
}

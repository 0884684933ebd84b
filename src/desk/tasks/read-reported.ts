import { isDeepStrictEqual } from 'node:util';
import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { decryptedIfCan, instant, rowsOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { parseB2cResult } from '#mpesa/daraja/parse-b2c-result.ts';
import { parseC2bNotice } from '#mpesa/daraja/parse-c2b.ts';
import { parseResult } from '#mpesa/daraja/parse-result.ts';
import { parseReversalResult } from '#mpesa/daraja/parse-reversal-result.ts';
import { parseStkCallback } from '#mpesa/daraja/parse-stk-callback.ts';
import { parseTransactionStatusResult } from '#mpesa/daraja/parse-transaction-status-result.ts';
import type { Party } from '#mpesa/daraja/read-party.ts';
import type { SeenPayer } from '#mpesa/daraja/read-payer.ts';
import { firstNoticeSql, noticeOfTaskSql } from '../deposits/first-notice.ts';
import { saidBySafaricom } from './said-by-safaricom.ts';
import type { SubjectType } from './subjects.ts';

const MOST = 20;

/** The kinds of task that ask a person to compare what was reported with the portal or the books, or to type a code that stands in it. */
const COMPARED = /^(attempt|c2b|deposit|evidence|payout|receipt|refund|reversal|taken)_/;

/** Whose evidence it is, by what the task is about. */
const OWNERS: Partial<Record<SubjectType, (id: string) => SQL>> = {
  attempt: (id) => sql`select ${id}::uuid`,
  deposit: (id) => sql`select ${id}::uuid union select d.attempt_id from deposits d where d.id = ${id}::uuid`,
  payout: (id) => sql`select ${id}::uuid union select w.id from withdrawals w where w.payout_id = ${id}::uuid`,
  receipt: (id) => sql`select d.id from deposits d where d.receipt = ${id} union select d.attempt_id from deposits d where d.receipt = ${id}
    union select w.id from withdrawals w where w.receipt = ${id}`,
};

/** Which money a notice may have told of first: its row of evidence has no subject. */
const TOLD: Partial<Record<SubjectType, (id: string) => SQL>> = {
  deposit: (id) => sql`d.id = ${id}::uuid`,
  receipt: (id) => sql`d.receipt = ${id}`,
};

const EVIDENCE = sql`e.id, e.source, e.verdict, e.received_at, e.body`;

const Row = z.object({ source: z.string(), verdict: z.string(), receivedAt: instant, body: decryptedIfCan('body') });

/** What Safaricom, or whoever claimed to be it, has named: `says` is what that meant to us. What it does not name is null. */
export type Reported = ReturnType<typeof present>;

/**
 * A statement that reads what was reported about a task's subject, for the kinds that ask to compare it: the newest first. It may be false: that is why a person
 * compares it.
 */
export function reportedSql({ id, kind, subject }: { id: string; kind: string; subject: string }, types: SubjectType[]): SQL | undefined {
  const owners = types.flatMap((type) => OWNERS[type]?.(subject) ?? []);
  const isNotice = types.includes('notice');
  if (!COMPARED.test(kind) || (owners.length === 0 && !isNotice)) return undefined;
  const which = isNotice ? sql`e.id = ${subject}::uuid` : sql`e.subject_id in (${sql.join(owners, sql` union `)})`;
  const told = types.flatMap((type) => TOLD[type]?.(subject) ?? []);
  const parts = [
    sql`(select ${EVIDENCE} from evidence e where ${which} order by e.received_at desc, e.id desc limit ${MOST})`,
    ...told.map((money) => sql`select ${EVIDENCE} from deposits d join evidence e on e.id = ${firstNoticeSql(sql`n.id`)} where ${money}`),
    ...(types.includes('receipt') ? [sql`select ${EVIDENCE} from ${noticeOfTaskSql(id)} e`] : []),
  ];
  return sql`select * from (${sql.join(parts, sql` union all `)}) e order by e.received_at desc, e.id desc limit ${MOST + told.length}`;
}

/** What it has read, as it was named: codes, amounts, times, and the end of a phone. */
export function reportedOf(rows: readonly unknown[] | undefined): Reported[] {
  const read = rowsOf(Row, rows).map((row) => ({ row, named: row.body === null ? {} : (READERS[row.source]?.(row.body) ?? {}) }));
  const notices = read.filter(({ row }) => row.source === 'c2b');
  return read.map((each, at) =>
    present(
      each,
      notices.findLast((other) => other.named.receipt === each.named.receipt && read.indexOf(other) > at),
    ),
  );
}

type Read = { row: z.output<typeof Row>; named: Named };

/** What one text names. */
type Named = {
  receipt?: string;
  secondReceipt?: string;
  originalReceipt?: string;
  amountCents?: bigint;
  movedAt?: Date;
  phone?: SeenPayer;
  resultCode?: string;
  /** What was typed at the paybill. */
  reference?: string;
};

const READERS: Record<string, (body: string) => Named> = {
  callback: (body) => withTime(parseStkCallback(body), 'paidAt'),
  c2b: (body) => {
    const { transactionId, at, ...notice } = parseC2bNotice(body);
    return { ...notice, ...(transactionId && { receipt: transactionId }), ...(at && { movedAt: at }) };
  },
  b2c: (body) => {
    const result = parseB2cResult(body);
    const { parameters, transactionId } = parseResult(body);
    const receipt = parameters.get('TransactionReceipt');
    const both = result.twoReceipts && receipt && transactionId ? { receipt, secondReceipt: transactionId } : {};
    return { ...withTime(result, 'completedAt'), ...phoneOf(result.recipient), ...both };
  },
  reversal: (body) => {
    const result = parseReversalResult(body);
    return { ...withTime(result, 'completedAt'), ...phoneOf(result.creditParty) };
  },
  'transaction-status': (body) => {
    const result = parseTransactionStatusResult(body);
    return { ...withTime(result, 'finalisedAt'), ...phoneOf(result.debitParty), ...phoneOf(result.creditParty) };
  },
};

const NOT_AS_THE_FIRST =
  'A paybill notice says otherwise than the first one of this M-PESA code who paid, what for or how much, and booked nothing.';

function withTime<At extends string>(named: Named & { [A in At]?: Date }, at: At): Named {
  const movedAt = named[at];
  return { ...named, ...(movedAt && { movedAt }) };
}

const phoneOf = (party: Party | undefined): Pick<Named, 'phone'> => (party?.phone ? { phone: party.phone } : {});

function maskSeen(phone: SeenPayer | undefined): string | null {
  if (phone === undefined || 'sha256' in phone) return null;
  return 'full' in phone ? maskPhone(phone.full) : `0••• ••• ${phone.tail}`;
}

/** Whether a notice names another payer, amount or reference than the first of its M-PESA code: both are `known`, and one of them is false. */
const contradicts = (named: Named, first: Named): boolean =>
  named.reference !== first.reference || named.amountCents !== first.amountCents || !isDeepStrictEqual(named.phone, first.phone);

function present({ row: { source, verdict, receivedAt }, named }: Read, first: Read | undefined) {
  const isOtherwise = source === 'c2b' && verdict === 'known' && first !== undefined && contradicts(named, first.named);
  return {
    ...{ source, says: isOtherwise ? NOT_AS_THE_FIRST : saidBySafaricom(source, verdict), heardAt: receivedAt.toISOString() },
    receipts: [named.receipt, named.secondReceipt].flatMap((receipt) => receipt ?? []),
    originalReceipt: named.originalReceipt ?? null,
    typedReference: named.reference ?? null,
    amount: named.amountCents === undefined ? null : shillings(named.amountCents),
    movedAt: named.movedAt?.toISOString() ?? null,
    maskedPhone: maskSeen(named.phone),
    resultCode: named.resultCode ?? null,
  };
}

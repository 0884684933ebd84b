import * as z from 'zod';
import { cleanWords } from './clean-words.ts';
import { readMoment } from './read-moment.ts';
import { readPayer, type SeenPayer } from './read-payer.ts';
import { receiptDay } from './receipt-day.ts';
import { amount, scalar } from './shapes.ts';

/** A payment as Safaricom lists it afterwards. `times` are the readings of its time, likeliest first: the designators that are written do not say which clock it was. */
export type PulledTransaction = {
  transactionId: string;
  amountCents: bigint;
  kind: 'paybill' | 'till' | 'unknown';
  reference?: string;
  phone?: SeenPayer;
  sender: string;
  times: Date[];
};

const lenient = <T>(shape: z.ZodType<T>) => shape.optional().catch(undefined);
const words = lenient(scalar.transform((value) => cleanWords(String(value), 150)));

const Row = z.object({
  transactionId: z.string().regex(/^[A-Za-z0-9]{6,20}$/), // the documented sample has lower-case letters
  amount,
  transactiontype: words,
  billreference: words,
  msisdn: lenient(scalar.transform(readPayer)),
  sender: words,
  trxDate: z.string().transform(readTimes).catch([]).default([]),
});

/** Flattens and reads the rows of a pull, each id once; a row that contradicts an earlier one is unreadable too. Never throws. */
export function parsePulledTransactions(response: unknown[]): { transactions: PulledTransaction[]; rowCount: number; unreadable: number } {
  const rows: unknown[] = response.flat();
  const byId = new Map<string, PulledTransaction>();
  let unreadable = 0;
  for (const row of rows) {
    const read = Row.safeParse(row).data;
    const earlier = read && byId.get(read.transactionId);
    if (!read || (earlier && earlier.amountCents !== read.amount)) unreadable++;
    else if (!earlier) byId.set(read.transactionId, present(read));
  }
  return { transactions: [...byId.values()], rowCount: rows.length, unreadable };
}

function present({
  transactionId,
  amount,
  transactiontype = '',
  billreference,
  msisdn,
  sender = '',
  trxDate,
}: z.infer<typeof Row>): PulledTransaction {
  return {
    transactionId,
    amountCents: amount,
    kind: /pay-?bill/i.test(transactiontype) ? 'paybill' : /buy-?goods/i.test(transactiontype) ? 'till' : 'unknown',
    ...(billreference && { reference: billreference }),
    ...(msisdn && { phone: msisdn }),
    sender,
    times: likely(trxDate, transactionId),
  };
}

const HOUR_MS = 60 * 60_000;

/** The same digits on a clock in Nairobi, and on one of UTC. */
function readTimes(text: string): Date[] {
  const inNairobi = readMoment(text.replace(/(Z|UTC|[+-]\d{2}:?\d{2})$/, '').trim());
  return inNairobi ? [inNairobi, new Date(inNairobi.getTime() + 3 * HOUR_MS)] : [];
}

/** The readings that agree with the day in the receipt, or all where it encodes none. */
function likely(times: Date[], receipt: string): Date[] {
  const day = receiptDay(receipt.toUpperCase());
  const agreeing = times.filter((time) => new Date(time.getTime() + 3 * HOUR_MS).toISOString().startsWith(day ?? '?'));
  return agreeing.length > 0 ? agreeing : times;
}

import * as z from 'zod';
import { cleanWords } from './clean-words.ts';
import { readMoment } from './read-moment.ts';
import { readPayer, type SeenPayer } from './read-payer.ts';
import { amount, scalar } from './shapes.ts';

/** A payment as Safaricom lists it afterwards. `at` is as written, and whether its clock is UTC or Nairobi's is not documented. */
export type PulledTransaction = {
  transactionId: string;
  amountCents: bigint;
  kind: 'paybill' | 'till' | 'unknown';
  reference?: string;
  phone?: SeenPayer;
  sender: string;
  at?: Date;
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
  trxDate: lenient(z.string().transform(readMoment)),
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
    ...(trxDate && { at: trxDate }),
  };
}

import * as z from 'zod';
import { cleanWords } from './clean-words.ts';
import { readMoment } from './read-moment.ts';
import { readParty } from './read-party.ts';
import { readPayer, type SeenPayer } from './read-payer.ts';
import { receiptDay } from './receipt-day.ts';
import { scalar, writtenAmount } from './shapes.ts';

/**
 * A payment as Safaricom lists it afterwards. `times` are the possible readings of its time, likeliest first: the time zone that Safaricom writes beside it cannot
 * be relied on.
 */
export type PulledTransaction = {
  transactionId: string;
  amountCents: bigint;
  kind: 'paybill' | 'till' | 'unknown';
  reference?: string;
  phone?: SeenPayer;
  /** The short code of the business that paid. */
  fromShortcode?: string;
  sender: string;
  times: Date[];
};

const lenient = <T>(shape: z.ZodType<T>) => shape.optional().catch(undefined);
/** What a pull listed. `unreadable` has the rows that could not be read, each with its id where that at least could. */
export type PulledRows = { transactions: PulledTransaction[]; rowCount: number; unreadable: { transactionId?: string }[] };

const words = lenient(scalar.transform((value) => cleanWords(String(value), 150)));

const Row = z.object({
  transactionId: scalar.transform((value) => String(value).trim()).pipe(z.string().regex(/^[A-Za-z0-9]{6,20}$/)), // the documented sample has lower-case letters
  amount: writtenAmount,
  transactiontype: words,
  billreference: words,
  msisdn: lenient(scalar),
  sender: words,
  trxDate: z.string().transform(readTimes).catch([]).default([]),
});

const Named = Row.pick({ transactionId: true });

/** Flattens and reads the rows of a pull, each id once; a row that contradicts an earlier one is unreadable too. Never throws. */
export function parsePulledTransactions(response: unknown[]): PulledRows {
  const rows: unknown[] = response.flat();
  const byId = new Map<string, PulledTransaction>();
  const unreadable: PulledRows['unreadable'] = [];
  for (const row of rows) {
    const read = Row.safeParse(row).data;
    const earlier = read && byId.get(read.transactionId);
    if (!read || (earlier && earlier.amountCents !== read.amount)) unreadable.push(Named.safeParse(row).data ?? {});
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
    ...payerOf(msisdn, sender),
    sender,
    times: likely(trxDate, transactionId),
  };
}

/** The payer: a person's phone, or the short code of a business, which Safaricom writes in the phone's place or before the name. */
function payerOf(msisdn: number | string | undefined, sender: string): Pick<PulledTransaction, 'phone' | 'fromShortcode'> {
  const phone = msisdn === undefined ? undefined : readPayer(msisdn);
  if (phone) return { phone };
  const fromShortcode = readParty(String(msisdn ?? '')).shortcode ?? readParty(sender).shortcode;
  return fromShortcode ? { fromShortcode } : {};
}

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** The written time read as Nairobi's clock, and as UTC. */
function readTimes(text: string): Date[] {
  const inNairobi = readMoment(text.replace(/(Z|UTC|[+-]\d{2}:?\d{2})$/, '').trim());
  return inNairobi ? [inNairobi, new Date(inNairobi.getTime() + 3 * HOUR_MS)] : [];
}

/**
 * The readings whose day is the one in the receipt, or else those a day before or after it; all readings where the receipt encodes no day. Any other reading is not
 * this payment's time.
 */
function likely(times: Date[], receipt: string): Date[] {
  const day = receiptDay(receipt.toUpperCase());
  if (day === undefined) return times;
  const dayOf = (time: Date) => Date.parse(new Date(time.getTime() + 3 * HOUR_MS).toISOString().slice(0, 10)); // in Nairobi
  const apart = (time: Date) => Math.abs(dayOf(time) - Date.parse(day)) / DAY_MS;
  const agreeing = times.filter((time) => apart(time) === 0);
  return agreeing.length > 0 ? agreeing : times.filter((time) => apart(time) <= 1);
}

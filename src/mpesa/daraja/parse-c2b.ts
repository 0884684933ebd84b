import * as z from 'zod';
import { cleanWords } from './clean-words.ts';
import { readJsonObject } from './read-json-object.ts';
import { readMoment } from './read-moment.ts';
import { readPayer, type SeenPayer } from './read-payer.ts';
import { balance, realReceipt, scalar, writtenAmount } from './shapes.ts';

/**
 * What one C2B notice claims: in a validation Safaricom asks whether to accept the payment, in a confirmation it reports it. Only with transactionId and amountCents
 * is it a payment. `reference` is what the customer typed, made storable and otherwise untouched; `names` is customer data, empty when the notice has none.
 */
export type C2bNotice = {
  kind: 'paybill' | 'till' | 'organisation' | 'unknown';
  transactionId?: string;
  amountCents?: bigint;
  reference?: string;
  shortcode?: string;
  phone?: SeenPayer;
  names: string;
  at?: Date;
  balanceCents?: bigint;
};

const LARGEST_BODY = 64 * 1024; // characters; a recorded notice has some 300

/** A part that cannot be read counts as absent, so that it is never misread. */
const lenient = <T>(shape: z.ZodType<T>) => shape.optional().catch(undefined);
const trimmed = scalar.transform((value) => String(value).trim());
const words = (longest: number) => lenient(scalar.transform((value) => cleanWords(String(value), longest)));

const Notice = z.object({
  TransactionType: words(60),
  TransID: lenient(trimmed.transform((text) => text.toUpperCase()).pipe(realReceipt)),
  TransTime: lenient(scalar.transform((value) => readMoment(String(value)))),
  TransAmount: lenient(writtenAmount),
  BusinessShortCode: lenient(trimmed.transform((text) => text.replaceAll(' ', '')).pipe(z.string().regex(/^\d{5,9}$/))),
  BillRefNumber: words(100),
  OrgAccountBalance: lenient(balance),
  MSISDN: lenient(scalar.transform(readPayer)),
  FirstName: words(60),
  MiddleName: words(60),
  LastName: words(60),
});

/** Reads the body of a C2B validation or confirmation. Never throws; an unreadable body is a notice of nothing. */
export function parseC2bNotice(body: string): C2bNotice {
  const notice = body.length > LARGEST_BODY ? undefined : Notice.safeParse(readFields(body)).data;
  if (!notice) return { kind: 'unknown', names: '' };
  const { TransID, TransAmount, BillRefNumber, BusinessShortCode, MSISDN, TransTime, OrgAccountBalance } = notice;
  return {
    kind: kindOf(notice.TransactionType ?? ''),
    ...(TransID && { transactionId: TransID }),
    ...(TransAmount && { amountCents: TransAmount }),
    ...(BillRefNumber && { reference: BillRefNumber }),
    ...(BusinessShortCode && { shortcode: BusinessShortCode }),
    ...(MSISDN && { phone: MSISDN }),
    names: [notice.FirstName, notice.MiddleName, notice.LastName].filter(Boolean).join(' '),
    ...(TransTime && { at: TransTime }),
    ...(OrgAccountBalance !== undefined && { balanceCents: OrgAccountBalance }),
  };
}

/** The fields of a body: JSON, also with a byte order mark, or a form where a gateway in between has converted it. */
function readFields(body: string): Record<string, unknown> | undefined {
  const text = body.replace(/^\uFEFF/, '');
  return readJsonObject(text) ?? (/^\s*\w+=/.test(text) ? Object.fromEntries(new URLSearchParams(text.trim())) : undefined);
}

/** The sandbox leaves the type of a validation empty, and tills send another type in production than in the documents. */
function kindOf(type: string): C2bNotice['kind'] {
  if (/^pay ?bill/i.test(type)) return 'paybill';
  if (/^buy ?goods|^customer merchant payment/i.test(type)) return 'till';
  return /organi[sz]ation/i.test(type) ? 'organisation' : 'unknown';
}

import { encrypt } from '../db/encryption.ts';
import { payerOf } from '../payments/payer.ts';
import { bareReference, readReference } from '../references/reference.ts';
import { lineKey } from '../statements/line-key.ts';
import type { LineKind, StatementLine } from '../statements/statement.ts';

/** What a line is to our books: `top_up` is money from the bank. */
type BookedKind = LineKind | 'top_up';

/** Accounts whose money our books count as float. What happens in another one is the organisation's own money elsewhere. */
const isElsewhere = (account: string | undefined) => account !== undefined && /settlement|mmf|bank|loan/.test(account);

/**
 * What a line is to our books, which know one float per short code: money that moves from the account that takes payments to the working account stays in it, what
 * happens in the settlement account is no part of it, and a charge that comes back is for a person.
 */
function bookedKind({ kind, direction, account, details }: StatementLine): BookedKind {
  if (isElsewhere(account)) return 'internal';
  if (kind === 'sweep' && /\bto (organi[sz]ation )?working account/i.test(details)) return 'internal';
  if (kind === 'charge' && direction === 'in') return 'unknown';
  // Safaricom's words for it were not recorded
  if (kind === 'unknown' && direction === 'in' && /^deposit of funds\b/i.test(details)) return 'top_up';
  return kind;
}

/**
 * What a masked phone was encrypted as, by its text: that two lines end in the same digits stands beside it anyway, and encrypting is most of what a large file costs.
 */
const maskedPhones = new Map<string, string>();

function sealPhone(phone: string): string {
  if (!phone.includes('*')) return encrypt(phone, 'payer_phone');
  const sealed = maskedPhones.get(phone) ?? encrypt(phone, 'payer_phone');
  maskedPhones.set(phone, sealed);
  return sealed;
}

/** A line as `statement_lines` keeps it, but for its finding; what names a customer is encrypted. */
export function toRow(shortcode: string, line: StatementLine, n: number): Record<string, unknown> {
  const kind = bookedKind(line);
  const isPayment = kind === 'payment' || kind === 'organisation';
  const { otherParty, reference: typed } = line;
  const payer = payerOf(otherParty?.phone, otherParty?.name || undefined);
  const sealed = (value: string | undefined, column: string) => (value ? encrypt(value, column) : null);
  return {
    ...{
      n,
      line_number: line.lineNumber,
      line_key: lineKey(shortcode, line),
      receipt: line.receipt.toUpperCase(),
      kind,
      ordinal: line.ordinal,
    },
    ...{ completed_at: line.completedAt.toISOString(), direction: line.direction, amount_cents: line.amountCents.toString() },
    ...{ balance_cents: line.balanceCents?.toString() ?? null, linked_receipt: line.linkedReceipt?.toUpperCase() ?? null },
    ...{ details: isPayment ? null : sealed(line.details, 'details') },
    ...{
      reference: (typed && readReference(typed)) || null,
      standing: typed ? bareReference(typed) : null,
      typed_reference: sealed(typed, 'typed_reference'),
    },
    ...{ payer_name: sealed(payer.name, 'payer_name'), payer_phone: payer.phone ? sealPhone(payer.phone) : null },
    ...{ payer_hash: payer.hash ?? null, payer_tail: payer.tail ?? null },
  };
}

/** Lines from the oldest on: by their time, and in the file's own order where that is the same. */
export function oldestFirst(lines: StatementLine[], order: 'newest first' | 'oldest first' | 'unknown'): StatementLine[] {
  const inOrder = order === 'newest first' ? lines.toReversed() : [...lines];
  return inOrder.sort((a, b) => a.completedAt.getTime() - b.completedAt.getTime());
}

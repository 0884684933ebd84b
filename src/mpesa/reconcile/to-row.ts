import type { Config } from '#ground/config/config.ts';
import { encrypt } from '#ground/db/encryption.ts';
import { bareReference, readReference } from '#ground/references/reference.ts';
import { ownAccount } from '../float/our-numbers.ts';
import { payerOf } from '../payments/payer.ts';
import { lineKey } from '../statements/line-key.ts';
import type { LineKind, StatementLine } from '../statements/statement.ts';

type Numbers = Pick<Config, 'mpesa' | 'paybill' | 'initiator'>;

/** Whether an account is outside the float of our books: what happens in it is the organisation's own money elsewhere. */
const isElsewhere = (account: string | undefined) => account !== undefined && /settlement|mmf|bank|loan/.test(account);

/** What a line is in our books, which have one float per short code. What happens in the settlement account is no part of it, and a returned charge is left to a person. */
function bookedKind({ kind, direction, account, details }: StatementLine): LineKind {
  if (isElsewhere(account)) return 'internal';
  if (kind === 'charge' && direction === 'in') return 'unknown';
  // taken for a top-up: Safaricom's words for one were not recorded (decision 15)
  if (kind === 'unknown' && direction === 'in' && /^deposit of funds\b/i.test(details)) return 'top_up';
  return kind;
}

/**
 * The encrypted form of each masked phone, used again for an equal one. That two are equal can be seen from the last digits beside it anyway, and encrypting is most
 * of what a large file costs.
 */
const maskedPhones = new Map<string, string>();

function sealPhone(phone: string): string {
  if (!phone.includes('*')) return encrypt(phone, 'payer_phone');
  const sealed = maskedPhones.get(phone) ?? encrypt(phone, 'payer_phone');
  maskedPhones.set(phone, sealed);
  return sealed;
}

/** Our short code at the other end of a line, where there is one. */
const ownParty = (config: Numbers, { otherParty }: StatementLine): string | undefined =>
  otherParty?.shortcode === undefined ? undefined : ownAccount(config, otherParty.shortcode)?.shortcode;

/** What a line is in our books, and the other short code of ours whose float it moved too. */
function toBooks(config: Numbers, shortcode: string, line: StatementLine): { kind: LineKind; party?: string } {
  const kind = bookedKind(line);
  const party = kind === 'organisation' ? ownParty(config, line) : undefined;
  if (party === undefined) return { kind };
  if (party === shortcode) return { kind: 'internal' };
  return { kind: line.direction === 'in' ? 'top_up' : 'sweep', party };
}

/** A line as `statement_lines` stores it, without its finding; what identifies a customer is encrypted. */
export function toRow(config: Numbers, shortcode: string, line: StatementLine, n: number): Record<string, unknown> {
  const { kind, party } = toBooks(config, shortcode, line);
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
      own_party: party ?? null,
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

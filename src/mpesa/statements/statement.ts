import type { Party } from '../daraja/read-party.ts';

/** Which export a file is: with a preamble, without, the daily drop to large billers, the head office's over many stores. */
export type Layout = 'preamble' | 'plain' | 'daily' | 'head_office';

/**
 * What a line is. `payment` and `organisation` are money that others paid in (a customer; another business), `charge` is M-PESA's own, `sweep` leaves the paybill's
 * or till's accounts for the organisation's own money elsewhere, `top_up` comes from there, `internal` is any other move of its own money, `payout` went to a
 * person, `reversal` undoes an earlier receipt. A line whose words are not known is `unknown`.
 */
export type LineKind = 'payment' | 'organisation' | 'charge' | 'sweep' | 'top_up' | 'internal' | 'payout' | 'reversal' | 'unknown';

/** One line of a statement as M-PESA wrote it, names and references cleaned to one line of text. */
export type StatementLine = {
  /** Row of the sheet or line of the text, from 1. */
  lineNumber: number;
  receipt: string;
  completedAt: Date;
  initiatedAt?: Date;
  details: string;
  /** As written; only `Completed` moved money. */
  status: string;
  direction: 'in' | 'out';
  amountCents: bigint;
  /** After this line; absent where the layout has none. */
  balanceCents?: bigint;
  kind: LineKind;
  /** Account type in lower case (`utility`, `merchant`), where preamble, column or words show it. */
  account?: string;
  /** The store, in the head office's layout. */
  store?: string;
  /** Customer data, masked by M-PESA. */
  otherParty?: Party;
  linkedReceipt?: string;
  /** What the payer typed: text, leading zeros kept. */
  reference?: string;
  currency: string;
  /** 1, or the line's number from the oldest on where account, receipt, direction and kind repeat. */
  ordinal: number;
};

/** Something in a file that a person should look at; `column` and `text` where it is about one cell. */
export type Problem = { lineNumber?: number; column?: string; text?: string; problem: string };

/** A line whose balance is not that of the line before it and its own amount. */
export type BalanceBreak = { lineNumber: number; expectedCents: bigint; foundCents: bigint };

/** How a statement's own figures agree. `unknown` where the file does not say enough. */
export type Checks = {
  order: 'newest first' | 'oldest first' | 'unknown';
  /** `broken` also where a line could not be read. */
  balance: 'unbroken' | 'broken' | 'unknown';
  /** Lines whose balance does not follow from the line before it in time: the first of them, see `breakCount`. */
  breaks: BalanceBreak[];
  breakCount: number;
  opening: 'agrees' | 'differs' | 'unknown';
  closing: 'agrees' | 'differs' | 'unknown';
  totals: 'agree' | 'differ' | 'unknown';
};

/** From one moment to another, both included. */
export type Period = { from: Date; to: Date };

/** A statement of an organisation's M-PESA account, read and not judged: what to book, and whether it proves anything, is decided elsewhere. */
export type Statement = {
  outcome: 'read';
  layout: Layout;
  holder?: string;
  shortcode?: string;
  /** Account type in lower case, of a statement about one account. */
  account?: string;
  /** As the file claims it. */
  period?: Period;
  reportedAt?: Date;
  /** What the file can prove or refute: its period, but only up to the moment of the report, or up to the newest line where the file does not name that moment. */
  covers?: Period;
  openingCents?: bigint;
  closingCents?: bigint;
  totalInCents?: bigint;
  totalOutCents?: bigint;
  /** What moved money, in the order of the file. */
  lines: StatementLine[];
  /** What moved none: failed, cancelled and the like. */
  others: StatementLine[];
  /** Rows that should have been lines and could not be read. */
  unreadableCount: number;
  /** The first of them, see `problemCount`. */
  problems: Problem[];
  problemCount: number;
  checks: Checks;
};

/** Why a file is no statement that can be read, in words for a treasurer. */
export type Refused = {
  outcome: 'refused';
  code: 'statement_too_large' | 'statement_unreadable' | 'statement_layout_unknown' | 'statement_dates_disagree';
  message: string;
};

/** Thrown while a file is read, and turned into a `Refused` by `readStatement`. */
export class StatementRefused extends Error {
  override name = 'StatementRefused';
  readonly code: Refused['code'];
  constructor(code: Refused['code'], message: string) {
    super(message);
    this.code = code;
  }
}

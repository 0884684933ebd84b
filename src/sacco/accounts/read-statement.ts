import { sql } from 'drizzle-orm';
import { Sheet } from '#ground/answers.ts';
import type { Caller } from '#ground/call.ts';
import { skippedBy, totalsOf } from '#ground/db/page.ts';
import { printCursor } from '#ground/db/page-cursor.ts';
import { AppError } from '#ground/errors.ts';
import { shillings } from '#ground/money/cents.ts';
import type { Language } from '#ground/text/language.ts';
import { addDays, addMonths, nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { type Movements, readMovements } from './read-movements.ts';
import type { StatementInput } from './statement-input.ts';

const CSV_COLUMNS = ['date', 'paidOn', 'description', 'mpesaReceiptNumber', 'proved', 'in', 'out', 'balance'];

/**
 * The statement of an account, for its owner and for staff who may read members: opening balance, each movement with the balance after it, closing balance. In
 * keyset pages, each of which begins with the balance that the page before ended with; JSON with `nextCursor`, or CSV of one page. Throws `account_not_found`,
 * also for somebody else's account.
 */
export async function readStatement({ db, clock }: Pick<App, 'db' | 'clock'>, input: StatementInput, { caller }: { caller: Caller }) {
  const to = input.to ?? nairobiDay(clock.now());
  const from = input.from ?? addMonths(to, -3);
  const account = await readMovements(db, {
    ...{ accountId: input.id, visible: visible(caller), cursor: input.cursor, limit: input.limit + 1, skipped: skippedBy(input) },
    ...{ from: nairobiMoment(from), until: nairobiMoment(addDays(to, 1)) },
  });
  if (!account) throw new AppError('account_not_found', 'There is no such account.');
  const page = account.movements.slice(0, input.limit);
  const last = page.at(-1);
  const nextCursor = account.movements.length > input.limit && last ? printCursor({ createdAt: last.bookedAt, id: last.key }) : null;
  const totals = totalsOf(input, Number(account.total));
  const balances = {
    openingBalance: shillings(account.openingCents),
    closingBalance: shillings(last?.balanceCents ?? account.openingCents),
    /** The part of the closing balance that only a notice has reported: it cannot be withdrawn yet. */
    toldBalance: shillings(account.toldCents),
  };
  const movements = page.map((movement) => present(movement, account.language));
  const { reference, kind } = account;
  if (input.format === 'json') return { accountId: input.id, reference, kind, from, to, ...balances, movements, nextCursor, ...totals };
  const lines = [
    { date: from, description: movementWords('opening', account.language), balance: balances.openingBalance },
    ...movements,
    { date: to, description: movementWords('closing', account.language), balance: balances.closingBalance },
  ];
  return new Sheet(`${reference}.csv`, CSV_COLUMNS, lines, nextCursor);
}

const visible = ({ scopes, person }: Caller) => {
  if (scopes.includes('members:read')) return sql`true`;
  return person ? sql`p.phone_hash = ${person.phoneHash}` : sql`false`;
};

function present({ bookedAt, paidAt, kind, cents, balanceCents, receipt, proved }: Movements['movements'][number], language: Language) {
  return {
    date: nairobiDay(bookedAt),
    bookedAt: bookedAt.toISOString(),
    /** The day in Nairobi on which M-PESA moved the money; its notice and its booking may come later. */
    paidOn: paidAt && nairobiDay(paidAt),
    kind,
    description: movementWords(kind, language),
    mpesaReceiptNumber: receipt,
    proved,
    in: cents > 0n ? shillings(cents) : null,
    out: cents < 0n ? shillings(-cents) : null,
    balance: shillings(balanceCents),
  };
}

/** The words of a statement's lines: its opening and closing balance, and each movement by the kind of its transfer. */
const WORDS: Record<string, { en: string; sw: string }> = {
  opening: { en: 'Opening balance', sw: 'Salio la mwanzo' },
  closing: { en: 'Closing balance', sw: 'Salio la mwisho' },
  savings_deposit: { en: 'Deposit', sw: 'Akiba iliyowekwa' },
  repayment: { en: 'Excess of a loan repayment', sw: 'Ziada ya malipo ya mkopo' },
  repayment_corrected: { en: 'Loan repayment recomputed', sw: 'Malipo ya mkopo yamekokotolewa upya' },
  taken_back: {
    en: 'Payment reversed: M-PESA has no such payment, or returned it',
    sw: 'Malipo yamebatilishwa: M-PESA haina malipo haya, au iliyarudisha',
  },
  payout_paid: { en: 'Money returned through M-PESA', sw: 'Pesa zilizorudishwa kupitia M-PESA' },
  unmatch: { en: 'Match reversed: the money did not belong to this account', sw: 'Pesa zimeondolewa: hazikuwa za akaunti hii' },
};

const OTHER = { en: 'Transfer', sw: 'Uhamisho' };

/** Says in a member's language what a line of their statement is. */
const movementWords = (kind: string, language: Language): string => (WORDS[kind] ?? OTHER)[language];

import { cleanWords } from '../daraja/clean-words.ts';
import { type Party, readParty } from '../daraja/read-party.ts';
import type { Columns, Field } from './find-columns.ts';
import { looksLikeReceipt } from './find-columns.ts';
import { CELL_CHARACTERS } from './limits.ts';
import { accountOf, lineKind } from './line-kind.ts';
import { readAmount } from './read-amount.ts';
import { readClock } from './read-clock.ts';
import { accountName } from './read-preamble.ts';
import type { Cell } from './rows.ts';
import type { Problem, StatementLine } from './statement.ts';

/** A line, and the moment it would have if day and month were swapped. */
export type ReadLine = { line: StatementLine; swapped?: Date };

const LONGEST = { details: 500, words: 150, reference: 100, shown: 80 };
const PARTY = /\s(?:from|by|to)\s+([\d+*]\S*\s+-\s.*?)(?:\s+Acc\.|$)/s;
const REFERENCE = /\sAcc\.[ \t]*(.*)$/s;
const VIA = /\s+via (?:WEB|API|APP|USSD) by .*$/is; // what follows the reference where another business paid

const shown = (text: Cell) => cleanWords(String(text ?? ''), LONGEST.shown);

/** Reads a row below the header. Where it cannot be read, returns the problems cell by cell; for an empty row, none. */
export function readLine(
  row: Cell[],
  lineNumber: number,
  layout: { columns: Columns; isText: boolean; account: string | undefined },
): ReadLine | Problem[] {
  const { columns, account } = layout;
  const problems: Problem[] = [];
  const cell = (field: Field): Cell => row[columns.at.get(field) ?? -1];
  const words = (field: Field, longest = LONGEST.words) => cleanWords(String(cell(field) ?? ''), longest);
  const wrong = (field: Field, problem: string) => {
    const column = columns.names.get(field);
    problems.push({ lineNumber, ...(column !== undefined && { column }), text: shown(cell(field)), problem });
  };

  if (row.every((one) => one === undefined || (typeof one === 'string' && one.trim() === ''))) return [];
  const filled = row.findLastIndex((one) => one !== undefined && one !== '') + 1;
  const isCut = layout.isText && row.length < columns.count;
  if (columns.layout !== 'daily' && (filled > columns.count || isCut)) {
    const cause = isCut ? 'is the row cut off?' : 'a comma that is not in quotation marks?';
    const problem = `The row has ${isCut ? row.length : filled} cells, the header ${columns.count}: ${cause}`;
    return [{ lineNumber, text: shown(row[0]), problem }];
  }
  if (row.some((one) => typeof one === 'string' && one.length > CELL_CHARACTERS))
    return [{ lineNumber, problem: `A cell holds more than ${CELL_CHARACTERS} characters.` }];

  const receipt = cell('receipt');
  if (!looksLikeReceipt(receipt)) wrong('receipt', 'This is no receipt of M-PESA.');
  const { at, swapped } = readClock(cell('completed'));
  if (!at)
    wrong(
      'completed',
      swapped ? 'There is no such day: is the month written first?' : 'This date cannot be read (write it like 28-11-2026 23:05:00).',
    );
  const paidIn = readAmount(cell('paidIn'));
  const withdrawn = readAmount(cell('withdrawn'));
  if (paidIn === undefined || paidIn < 0n) wrong('paidIn', 'This is no amount paid in.');
  if (withdrawn === undefined) wrong('withdrawn', 'This is no amount.');
  const balanceCents = words('balance') === '' ? undefined : readAmount(cell('balance'));
  if (words('balance') !== '' && balanceCents === undefined) wrong('balance', 'This is no amount.');
  if (problems.length === 0 && (paidIn === 0n) === (withdrawn === 0n))
    wrong(
      'paidIn',
      paidIn === 0n ? 'Nothing was paid in and nothing withdrawn.' : 'A line is either paid in or withdrawn, and this one is both.',
    );
  if (problems.length > 0 || !at || paidIn === undefined || withdrawn === undefined) return problems;

  const direction = paidIn > 0n ? 'in' : 'out';
  const details = words('details', LONGEST.details);
  const reason = words('reason');
  const linkedReceipt = words('linked').toUpperCase() || undefined;
  const own = words('account') === '' ? account : accountName(words('account'));
  const initiatedAt = readClock(cell('initiated')).at;
  const store = words('store');
  const otherParty = readOtherParty(words('party'), details);
  const reference = readReference(cell('reference'), details);
  const ofLine = own ?? accountOf(details, reason, direction);
  const line: StatementLine = {
    lineNumber,
    receipt: String(receipt).trim().toUpperCase(),
    completedAt: at,
    ...(initiatedAt && { initiatedAt }),
    details,
    status: columns.at.has('status') ? words('status') : 'Completed', // the head office's file lists nothing else
    direction,
    amountCents: paidIn > 0n ? paidIn : withdrawn < 0n ? -withdrawn : withdrawn,
    ...(balanceCents !== undefined && { balanceCents }),
    kind: lineKind({ details, reason, direction, linkedReceipt, account: own }),
    ...(ofLine !== undefined && { account: ofLine }),
    ...(store !== '' && { store }),
    ...(otherParty && { otherParty }),
    ...(linkedReceipt !== undefined && { linkedReceipt }),
    ...(reference !== '' && { reference }),
    currency: words('currency') || 'KES',
    ordinal: 1,
  };
  return { line, ...(swapped && { swapped }) };
}

/** The other party by its column, else by the details; M-PESA itself (`SP`, of charges) is none. */
function readOtherParty(column: string, details: string): Party | undefined {
  const text = column === '' ? (PARTY.exec(details)?.[1] ?? '') : column;
  return text === '' || text === 'SP' ? undefined : readParty(text);
}

/** The reference from its column, else from the details. The details also win where a spreadsheet has spoilt the column: `71` for `0071`, `2.5E+11`. */
function readReference(cell: Cell, details: string): string {
  const column = cleanWords(String(cell ?? ''), LONGEST.reference);
  const inDetails = cleanWords((REFERENCE.exec(details)?.[1] ?? '').replace(VIA, ''), LONGEST.reference);
  const spoilt = typeof cell === 'number' || inDetails.replace(/^0+/, '') === column || /^\d(\.\d+)?E\+\d+$/i.test(column);
  return inDetails !== '' && (column === '' || spoilt) ? inDetails : column;
}

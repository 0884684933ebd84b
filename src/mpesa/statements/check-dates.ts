import { daysBetween, nairobiDay } from '#ground/time/nairobi.ts';
import { receiptDay } from '../daraja/receipt-day.ts';
import { DISAGREEING_SHARE } from './limits.ts';
import type { ReadLine } from './read-line.ts';
import { type Problem, StatementRefused } from './statement.ts';

const isFar = (at: Date, day: string) => Math.abs(daysBetween(day, nairobiDay(at))) > 1;

/**
 * Compares each date with the day that its receipt shows. A line whose date is more than a day off, but is not with day and month swapped, gets the swapped date;
 * every disagreement is listed. Throws `StatementRefused` when more lines disagree than a slip explains.
 */
export function checkDates(read: ReadLine[]): Problem[] {
  const problems: Problem[] = [];
  let first = '';
  let [told, exchanged] = [0, 0];
  for (const { line, swapped } of read) {
    const day = receiptDay(line.receipt);
    if (day === undefined) continue;
    told++;
    if (!isFar(line.completedAt, day)) continue;
    const written = nairobiDay(line.completedAt);
    const near = swapped && !isFar(swapped, day);
    if (near) {
      line.completedAt = swapped;
      exchanged++;
    }
    const what = near ? 'day and month seem exchanged, and the receipt was believed' : 'the line is kept with the date as it is written';
    first ||= `line ${line.lineNumber}: receipt ${line.receipt} was made on ${day}, the line says ${written}`;
    problems.push({
      lineNumber: line.lineNumber,
      text: line.receipt,
      problem: `The receipt was made on ${day}, the line says ${written}: ${what}.`,
    });
  }
  if (problems.length > told * DISAGREEING_SHARE) throw refusal(problems.length, first, told, exchanged);
  return problems;
}

function refusal(count: number, first: string, told: number, exchanged: number): StatementRefused {
  const cause =
    exchanged * 2 > count
      ? 'Day and month are swapped: a spreadsheet that writes the month first has saved this file. Export it from the M-PESA portal again and send it without opening it.'
      : 'Dates or receipts of this file were changed: often by a spreadsheet that opened and saved it. Export it from the M-PESA portal again and send it without opening it.';
  return new StatementRefused(
    'statement_dates_disagree',
    `In ${count} of ${told} lines the date is more than a day away from the day that the receipt shows, so nothing of the file was imported (first, ${first}). ${cause}`,
  );
}

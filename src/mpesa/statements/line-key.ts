import type { LineKind, Problem, StatementLine } from './statement.ts';

/** What M-PESA moves once per receipt. A charge may come in two lines under one receipt, and so may a reversal. */
const MOVES_ONCE: LineKind[] = ['payment', 'organisation', 'payout', 'unknown'];

const repeatKey = ({ store, account, receipt, direction, kind, amountCents }: StatementLine) =>
  [store ?? '', account ?? '', receipt, direction, kind, ...(MOVES_ONCE.includes(kind) ? [] : [amountCents])].join('|');

/**
 * The identity of a line: short code, account, receipt, sign and kind, its amount where a receipt may have several, and its number where all of these repeat. A
 * charge has the receipt of its payment, so a receipt alone identifies no line. The same line of an overlapping statement has the same key.
 */
export const lineKey = (shortcode: string, line: StatementLine): string => `${shortcode}|${repeatKey(line)}|${line.ordinal}`;

/** Numbers the lines whose identifying fields all repeat, from the oldest on, and lists them. */
export function numberRepeats(lines: StatementLine[]): Problem[] {
  const seen = new Map<string, number>();
  const first = lines[0];
  const last = lines.at(-1);
  const isNewestFirst = first && last && first.completedAt > last.completedAt;
  const problems: Problem[] = [];
  for (const line of isNewestFirst ? lines.toReversed() : lines) {
    const key = repeatKey(line);
    line.ordinal = (seen.get(key) ?? 0) + 1;
    seen.set(key, line.ordinal);
    if (line.ordinal > 1)
      problems.push({
        lineNumber: line.lineNumber,
        text: line.receipt,
        problem: `The statement has this receipt ${line.ordinal} times with the same sign and kind${MOVES_ONCE.includes(line.kind) ? '' : ', and of the same amount'}.`,
      });
  }
  return problems;
}

import type { Period, StatementLine } from '#mpesa/statements/statement.ts';

/** Money that our books say moved. `receipt` is absent where only a query said "paid"; the prompt could then be paid until `payableUntil`. */
export type Movement = { id: string; direction: 'in' | 'out'; amountCents: bigint; at: Date; receipt?: string; payableUntil?: Date };

/** What comparing finds, one for each line and one for each movement that no line speaks of. */
export type Finding =
  | { verdict: 'agrees'; line: StatementLine; movement: Movement }
  | { verdict: 'amount differs'; line: StatementLine; movement: Movement }
  /** The line gives a movement without a receipt its receipt. Which one, where amounts and times fit several, is a guess. */
  | { verdict: 'names'; line: StatementLine; movement: Movement }
  | { verdict: 'missing here'; line: StatementLine }
  | { verdict: 'missing there'; movement: Movement }
  /** Our movement, at a time of which the statement does not speak. */
  | { verdict: 'not covered'; movement: Movement }
  | { verdict: 'duplicate'; line: StatementLine }
  /** M-PESA gave it back, and our books do not say so: `movement` is what was undone, where we have it. */
  | { verdict: 'reversed'; line: StatementLine; movement: Movement | undefined }
  | { verdict: 'charge' | 'sweep' | 'internal'; line: StatementLine };

const SLACK_MS = 60_000; // ruling 3: a clock may be off by a minute

/**
 * Compares a statement's lines with our movements of the same short code and account, slowly and plainly: what the SQL that does it must find too.
 * Every line gets one finding, every movement one unless it was reversed (then its own line's and the reversal's).
 */
export function matchStatement(lines: StatementLine[], movements: Movement[], covers: Period): Finding[] {
  const findings: Finding[] = [];
  const met = new Set<Movement>();
  const bearing = (receipt: string, direction: 'in' | 'out') =>
    movements.find((one) => one.receipt === receipt && one.direction === direction);
  const unnamed: StatementLine[] = [];

  for (const line of lines) {
    if (line.kind === 'charge' || line.kind === 'sweep' || line.kind === 'internal') {
      findings.push({ verdict: line.kind, line });
      continue;
    }
    const undone = line.kind === 'reversal' && line.direction === 'out' && !bearing(line.receipt, 'out');
    if (line.ordinal > 1 && !undone) {
      findings.push({ verdict: 'duplicate', line });
      continue;
    }
    const movement = bearing(line.receipt, line.direction);
    if (movement) {
      met.add(movement);
      findings.push({ verdict: movement.amountCents === line.amountCents ? 'agrees' : 'amount differs', line, movement });
    } else if (line.kind === 'reversal') {
      const undone = bearing(line.linkedReceipt ?? line.receipt, line.direction === 'out' ? 'in' : 'out');
      findings.push({ verdict: 'reversed', line, movement: undone });
    } else unnamed.push(line);
  }

  // point by point in time, the movement whose time ends first: no other way names more of them
  for (const line of unnamed.toSorted((a, b) => a.completedAt.getTime() - b.completedAt.getTime())) {
    const at = line.completedAt.getTime();
    const [movement] = movements
      .filter(
        (one) => one.receipt === undefined && !met.has(one) && one.direction === line.direction && one.amountCents === line.amountCents,
      )
      .filter((one) => at >= one.at.getTime() - SLACK_MS && at <= (one.payableUntil ?? one.at).getTime() + SLACK_MS)
      .toSorted((a, b) => (a.payableUntil ?? a.at).getTime() - (b.payableUntil ?? b.at).getTime());
    if (movement) met.add(movement);
    findings.push(movement ? { verdict: 'names', line, movement } : { verdict: 'missing here', line });
  }

  for (const movement of movements) {
    if (met.has(movement)) continue;
    const isCovered = movement.at >= covers.from && movement.at <= covers.to;
    findings.push({ verdict: isCovered ? 'missing there' : 'not covered', movement });
  }
  return findings;
}

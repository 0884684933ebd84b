import { shillings } from '#ground/money/cents.ts';
import type { Checks, Problem } from '../statements/statement.ts';

/** Which of a statement's own figures do not agree, or are missing, in words for a treasurer: first each line whose balance does not follow. Empty where all agree. */
export function describeChecks({ balance, breaks, opening, closing, totals }: Checks, isQuiet: boolean): Problem[] {
  const problems: Problem[] = breaks.map(({ lineNumber, expectedCents, foundCents }) => ({
    lineNumber,
    problem: `Its balance is ${shillings(foundCents)}; the line before it and its own amount make ${shillings(expectedCents)}.`,
  }));
  if (balance === 'unknown' && isQuiet)
    problems.push({
      problem:
        'It has no line, and says no balance: that nothing moved is what two people say who have looked, until a later statement joins.',
    });
  else if (balance === 'unknown') problems.push({ problem: 'Not every line has a balance: nothing shows that the file is whole.' });
  if (opening === 'differs') problems.push({ problem: 'The oldest line does not follow from the opening balance.' });
  if (closing === 'differs') problems.push({ problem: 'The newest line does not end in the closing balance.' });
  if (totals === 'differ') problems.push({ problem: 'What the lines add up to is not the total paid in or withdrawn.' });
  return problems;
}

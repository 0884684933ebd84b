import { differing, type Outcome } from './tell.ts';

/** A sequence and how it ended, in a few lines. */
export function describeOutcome(outcome: Outcome): string {
  const { sequence, notes } = outcome;
  const { plan, play } = sequence;
  const prompts = plan.prompts.map(
    ({ ends: how, query, early, hint }, n) =>
      `prompt ${n} ${how}, query ${query ? `from slot ${play.answersFrom}` : 'never'}, before ${early}, ${hint}`,
  );
  const hands = plan.hands.map(({ payment, wrote, payer, hint }, n) => `hand ${n} for ${payment} wrote ${wrote} by ${payer}, ${hint}`);
  const lies = plan.lies.map(({ payment, receipt, borrows, wrote, hint }, n) => {
    const whose = borrows ? ` of ${borrows.about} ${borrows.n}` : '';
    return `lie ${n} for ${payment} ${receipt}${whose}, wrote ${wrote}, ${hint}`;
  });
  const steps = play.steps.map(
    ({ slot, telling, killed }) => `${slot}: ${telling.source} ${telling.about} ${telling.n}${killed ? ' killed' : ''}`,
  );
  return [
    '',
    [
      ...prompts,
      ...hands,
      ...lies,
      plan.mute ? 'mute' : 'notices with reference',
      plan.status ? 'status answers' : 'no status',
      plan.pull ? `pull from slot ${play.listedFrom}` : plan.statement ? 'statement' : 'no pull',
    ].join('; '),
    `${steps.join(', ')}${play.atOnce ? ' (a slot at once)' : ''}`,
    ...differences(outcome),
    ...notes,
  ].join('\n  ');
}

function differences({ rest, takenBack }: Outcome): string[] {
  const verdicts = [['', rest] as const, ['once taken back, ', takenBack] as const];
  return verdicts.flatMap(([when, verdict]) =>
    differing(verdict).map(
      (key) => `${when}${key}: must be ${JSON.stringify(verdict.expected[key])}, is ${JSON.stringify(verdict.ends[key])}`,
    ),
  );
}

/** In which way an outcome is wrong: alike for many sequences with one cause. */
export const differenceOf = (outcome: Outcome): string => [...differences(outcome), ...outcome.notes].join(' ').replaceAll(/\d+/g, '');

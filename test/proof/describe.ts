import type { Ends } from './expectation.ts';
import type { Outcome } from './tell.ts';

/** A sequence and how it ended, in a few lines. */
export function describeOutcome(outcome: Outcome): string {
  const { sequence, notes } = outcome;
  const { plan, play } = sequence;
  const prompts = plan.prompts.map(
    ({ ends: how, query, early, hint }, n) =>
      `prompt ${n} ${how}, query ${query ? `from slot ${play.answersFrom}` : 'never'}, before ${early}, ${hint}`,
  );
  const hands = plan.hands.map(({ payment, wrote, payer, hint }, n) => `hand ${n} for ${payment} wrote ${wrote} by ${payer}, ${hint}`);
  const lies = plan.lies.map(({ payment, receipt, wrote, hint }, n) => `lie ${n} for ${payment} ${receipt}, wrote ${wrote}, ${hint}`);
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
      plan.pull ? 'pull' : 'no pull',
    ].join('; '),
    `${steps.join(', ')}${play.atOnce ? ' (a slot at once)' : ''}`,
    ...differing(outcome),
    ...notes,
  ].join('\n  ');
}

function differing({ rest, takenBack }: Outcome): string[] {
  const verdicts = [['', rest] as const, ['once taken back, ', takenBack] as const];
  return verdicts.flatMap(([when, { expected, ends }]) =>
    (Object.keys(expected) as (keyof Ends)[])
      .filter((key) => JSON.stringify(expected[key]) !== JSON.stringify(ends[key]))
      .map((key) => `${when}${key}: must be ${JSON.stringify(expected[key])}, is ${JSON.stringify(ends[key])}`),
  );
}

/** In which way an outcome is wrong: alike for many sequences with one cause. */
export const differenceOf = (outcome: Outcome): string => [...differing(outcome), ...outcome.notes].join(' ').replaceAll(/\d+/g, '');

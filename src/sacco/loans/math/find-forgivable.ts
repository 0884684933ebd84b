import type { Day } from '#ground/time/nairobi.ts';
import type { StandingInstalment, Terms } from './terms.ts';

/**
 * The instalments whose interest an early settlement on a day forgives: those whose period has not begun, which are all after the first one
 * due on that day or later. None where the terms charge all interest.
 */
export function findForgivable<T extends StandingInstalment>(instalments: readonly T[], terms: Terms, day: Day): T[] {
  if (terms.earlySettlement === 'all_interest') return [];
  const current = instalments.find(({ dueOn }) => dueOn >= day);
  return current ? instalments.filter(({ number }) => number > current.number) : [];
}

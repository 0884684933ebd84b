import { nairobiDay } from '#ground/time/nairobi.ts';

/** The quarter of a moment in Nairobi, `2026-Q4`. */
export function quarterOf(now: Date): string {
  const [year, month] = nairobiDay(now).split('-');
  return `${year}-Q${Math.ceil(Number(month) / 3)}`;
}

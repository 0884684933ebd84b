import { addDays, nairobiDay, nairobiMoment } from '../../src/time/nairobi.ts';
import type { LocalWorld } from './start-world.ts';

/**
 * Puts the functions' clock of a local world some days ahead, to noon in Nairobi, and runs what the platform runs that night and morning. The nights in between are missed: the runs make
 * up for them.
 */
export async function passDays(world: Pick<LocalWorld, 'strike'>, days: number): Promise<void> {
  const day = addDays(nairobiDay(new Date(Date.now() + aheadMs())), days);
  moveTo(nairobiMoment(day, 0.25));
  await world.strike('scheduled-penalties');
  moveTo(nairobiMoment(day, 8));
  await world.strike('scheduled-reminders');
  await world.strike('scheduled-minute');
  moveTo(nairobiMoment(day, 12));
}

const aheadMs = () => Number(process.env.CLOCK_AHEAD_SECONDS ?? 0) * 1_000;

/** Each call of a function reads this process's environment anew. */
const moveTo = (moment: Date) => {
  process.env.CLOCK_AHEAD_SECONDS = String(Math.ceil((moment.getTime() - Date.now()) / 1_000));
};

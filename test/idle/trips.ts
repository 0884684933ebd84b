import { everyMinute } from '#every-minute.ts';
import { instantSql } from '#ground/db/rows.ts';
import { askMinute } from '#ground/runs/ask-minute.ts';
import { sqlRequests } from '../world/count-requests.ts';
import type { World } from '../world/world.ts';

/** Neon's computer goes to sleep after so many minutes without a question. */
const FALLS_ASLEEP_AFTER = 5;

/** The round trips of each of the next minutes. */
export async function tripsOf(world: World, minutes: number): Promise<number[]> {
  const trips: number[] = [];
  for (let minute = 0; minute < minutes; minute++) {
    const before = sqlRequests();
    await world.pass(1);
    trips.push(sqlRequests() - before);
  }
  return trips;
}

/** How often the database is woken: a question after it has fallen asleep. */
export function wakes(trips: number[]): number {
  let quiet = FALLS_ASLEEP_AFTER;
  let woken = 0;
  for (const asked of trips) {
    if (asked > 0 && quiet >= FALLS_ASLEEP_AFTER) woken += 1;
    quiet = asked > 0 ? 0 : quiet + 1;
  }
  return woken;
}

/** Which steps of the minute are due now. */
export async function dueIn(world: World): Promise<string[]> {
  const at = instantSql(world.clock.now());
  const steps = everyMinute.flatMap((group) => Object.entries(group));
  const dues = Object.fromEntries(steps.flatMap(([name, step]) => ('due' in step ? [[name, step.due(world.app, at)]] : [])));
  return (await askMinute(world.app, [], dues)).due;
}

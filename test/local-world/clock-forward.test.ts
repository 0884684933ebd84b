import { afterEach, expect, test } from 'vitest';
import { inTurn, worldNow } from '../../dev/world/travel.ts';

afterEach(() => {
  delete process.env.CLOCK_AHEAD_SECONDS;
});

test('two journeys at once: the clock of the local world goes forward only', async () => {
  const seen: Date[] = [];
  const { travel } = inTurn(async () => void seen.push(worldNow()));
  const day = 24 * 3_600_000;
  const from = worldNow().getTime();
  await Promise.all([
    travel([new Date(from + day), new Date(from + 2 * day)], () => undefined),
    travel([new Date(from + day)], () => undefined),
  ]);
  const ahead = seen.map((at) => Math.round((at.getTime() - from) / day));
  expect(ahead).toEqual(ahead.toSorted((a, b) => a - b));
  expect(worldNow().getTime() - from).toBeGreaterThan(1.9 * day);
});

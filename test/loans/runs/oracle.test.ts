import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays } from '#ground/time/nairobi.ts';
import { runPenalties } from '#sacco/loans/runs/run-penalties.ts';
import { scaled } from '../../world/counts.ts';
import { makeMember } from '../../world/lending.ts';
import { startWorld, type World } from '../../world/world.ts';
import { expectedPenalties, makePortfolio, penaltiesOf } from './portfolio.ts';

let world: World;
const memberIds: string[] = [];
beforeAll(async () => {
  world = await startWorld();
  for (let count = 0; count < 20; count++) memberIds.push((await makeMember(world)).id);
});
afterAll(() => world.stop());

const never = new Date('9999-01-01');

test('a run charges what working out each loan charges, to the cent, whatever the terms and whatever was paid', async () => {
  let charged = 0;
  for (let seed = 1; seed <= scaled(3); seed++) {
    await world.database.sql('truncate loans, loan_products cascade');
    const portfolio = await makePortfolio(world, memberIds, { seed, size: 200 });
    const before = await penaltiesOf(world);
    for (const asOf of [addDays('2026-04-01', seed % 30), addDays('2026-07-01', seed % 60), '2026-12-31']) {
      await runPenalties(world.app, asOf, never, 20 + (seed % 70));
      expect(await penaltiesOf(world), `seed ${seed}, ${asOf}`).toEqual(expectedPenalties(portfolio, asOf));
    }
    charged += (await penaltiesOf(world)).length - before.length;
  }
  expect(charged).toBeGreaterThan(500);
}, 60_000);

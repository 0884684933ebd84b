import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addDays, type Day, nairobiMoment } from '#ground/time/nairobi.ts';
import { runPenalties } from '#sacco/loans/runs/run-penalties.ts';
import { nextRandom, randomFor } from '../../../dev/daraja/random.ts';
import { scaled } from '../../world/counts.ts';
import { makeMember } from '../../world/lending.ts';
import { startWorld, type World } from '../../world/world.ts';
import { expectedPenalties, makePortfolio, penaltiesOf, type RandomLoan } from './portfolio.ts';

const SMALL = 17; // loans in a chunk, so that there are several
const NIGHTS = 40;
const never = new Date('9999-01-01');

let world: World;
let portfolio: RandomLoan[];
beforeAll(async () => {
  world = await startWorld();
  const memberIds: string[] = [];
  for (let count = 0; count < 20; count++) memberIds.push((await makeMember(world)).id);
  portfolio = await makePortfolio(world, memberIds, { seed: 7, size: 80 });
  await world.database.sql('create table before_the_nights as select * from penalties');
});
afterAll(() => world.stop());

/** As it was before any night. */
async function beginAgain() {
  await world.database.sql('truncate penalties, waivers, runs, outbox');
  await world.database.sql('insert into penalties select * from before_the_nights');
}
beforeEach(beginAgain);

/** A run at a quarter past midnight of some day; with `tick` the clock goes on by a second each time that somebody looks at it. */
function runAt(day: Day, options: { asOf?: Day; deadline?: (start: Date) => Date; tick?: boolean } = {}) {
  const start = nairobiMoment(day, 0.25);
  let looks = 0;
  const clock = { now: () => new Date(start.getTime() + (options.tick ? 1_000 * looks++ : 0)) };
  return runPenalties({ db: world.app.db, clock }, options.asOf ?? day, options.deadline?.(start) ?? never, SMALL);
}

/** The digests that were promised, as `member day`. */
const promised = async () =>
  (
    await world.database.sql<{ line: string }>(
      `select distinct message ->> 'memberId' || ' ' || (message ->> 'on') as line from outbox order by 1`,
    )
  ).map(({ line }) => line);

/** What was charged after the loans were left: by whom and when. */
const charged = () =>
  world.database.sql<{ member: string; on: string }>(
    `select l.member_id as member, p.charged_on::text as "on" from penalties p join loans l on l.id = p.loan_id
    where not exists (select from before_the_nights b where (b.loan_id, b.number, b.period) = (p.loan_id, p.number, p.period))`,
  );

describe.each(['2026-07-25', '2027-01-15'])('%s and the forty nights after it', (first) => {
  const last = addDays(first, NIGHTS - 1);
  const nights = Array.from({ length: NIGHTS }, (_, night) => addDays(first, night));

  test('a run each night charges each penalty on its day, and promises one digest for each member and day', async () => {
    for (const night of nights) expect(await runAt(night)).toMatchObject({ finished: true });
    expect(await penaltiesOf(world)).toEqual(expectedPenalties(portfolio, last));
    const told = (await charged()).map(({ member, on }) => `${member} ${[on, first].toSorted().at(-1)}`);
    expect(told.length).toBeGreaterThan(20);
    expect(await promised()).toEqual([...new Set(told)].sort());
  });

  test('one run after all of them charges the same, each penalty with its own date, and tells of all in one message', async () => {
    expect(await runAt(last)).toMatchObject({ finished: true });
    expect(await penaltiesOf(world)).toEqual(expectedPenalties(portfolio, last));
    expect(await promised()).toEqual([...new Set((await charged()).map(({ member }) => `${member} ${last}`))].sort());
  });

  test('nights that are left out make no difference', async () => {
    const dice = randomFor(11, 1);
    for (const night of nights.filter((each) => each === last || nextRandom(dice) < 0.3)) await runAt(night);
    expect(await penaltiesOf(world)).toEqual(expectedPenalties(portfolio, last));
  });
});

const LAST = '2026-07-31';

test('runs that are cut off go on where they were, at most one chunk is done again, and nothing is written twice', async () => {
  const dice = randomFor(5, 1);
  for (let round = 0; round < scaled(4); round++) {
    await beginAgain();
    let written = 0;
    let begins = 0;
    for (let finished = false; !finished; begins++) {
      const patienceMs = Math.floor(nextRandom(dice) * 4_000);
      const progress = await runAt(LAST, { tick: true, deadline: (start) => new Date(start.getTime() + patienceMs) });
      written += progress.written;
      finished = progress.finished;
    }
    expect(begins).toBeGreaterThan(1);
    expect(await penaltiesOf(world)).toEqual(expectedPenalties(portfolio, LAST));
    expect(written).toBe((await charged()).length);
    expect(await world.database.sql('select written, finished_at is not null as finished from runs')).toEqual([
      { written, finished: true },
    ]);
  }
});

test('a run whose connection is cut again and again ends like a clean one', async () => {
  for (let finished = false; !finished; ) {
    const running = runAt(LAST).catch(() => ({ finished: false }));
    const cutting = new Promise((done) => setTimeout(done, 5 + 40 * Math.random())).then(() => world.database.dropConnections());
    finished = (await running).finished;
    await cutting;
  }
  expect(await penaltiesOf(world)).toEqual(expectedPenalties(portfolio, LAST));
});

test('runs that overlap, of the same night and of another, equal one', async () => {
  for (let round = 0; round < scaled(3); round++) {
    await beginAgain();
    const together = await Promise.all([runAt(LAST), runAt(LAST), runAt(LAST), runAt(LAST, { asOf: addDays(LAST, -3) })]);
    expect(await penaltiesOf(world)).toEqual(expectedPenalties(portfolio, LAST));
    expect(together.reduce((sum, { written }) => sum + written, 0)).toBe((await charged()).length);
  }
});

test('a run that is struck again begins from the beginning and writes nothing; an earlier day writes nothing either', async () => {
  await runAt(LAST);
  const [before, told] = [await penaltiesOf(world), await promised()];
  expect(await runAt(LAST)).toEqual({ written: 0, finished: true });
  expect(await runAt(addDays(LAST, -20))).toEqual({ written: 0, finished: true });
  expect(await penaltiesOf(world)).toEqual(before);
  expect(await promised()).toEqual(told);
  // what the first loan has lost since is charged again: nothing was left out
  const lost = await world.database.sql(
    `delete from penalties where loan_id = (select p.loan_id from penalties p join loans l on l.id = p.loan_id
      group by p.loan_id having min(p.charged_on) > min(l.worked_out_to) order by p.loan_id limit 1) returning 1`,
  );
  expect(await runAt(LAST)).toEqual({ written: lost.length, finished: true });
  expect(await penaltiesOf(world)).toEqual(before);
});

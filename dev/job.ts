import { parseArgs } from 'node:util';
import * as z from 'zod';
import { databaseUrl } from '#ground/config/config.ts';
import { JOBS, type Job } from '#ground/runs/run-chunks.ts';
import { type Day, nairobiDay } from '#ground/time/nairobi.ts';
import { runOne } from '#sacco/loans/runs/runs-of-today.ts';
import { runCommand, UsageError, type World, withUsage } from './command.ts';

const USAGE = `The runs that the clock starts, by hand and to the end. It works on the database that DATABASE_URL names.

  npm run job -- penalties                       all penalties up to today that are not charged yet, each with its own date
  npm run job -- penalties --as-of 2026-11-30    up to another day; a day to come needs --yes, for what it charges is owed
  npm run job -- reminders                       promises the reminders of today; from 20:00 on there are none
  npm run job -- reminders --as-of 2026-11-30    of another day; of a day that is over there are none

Days are days in Nairobi. Run again, it writes only what is not written yet.
`;

const NEVER = new Date('9999-01-01');

/** The command `npm run job`. */
export const runJob = withUsage(USAGE, run);

async function run(argv: string[], { db, clock, print, complain }: World): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { 'as-of': { type: 'string' }, yes: { type: 'boolean', default: false }, help: { type: 'boolean' } },
  });
  if (values.help) {
    print(USAGE);
    return 0;
  }
  const [name, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`Too much: ${more.join(' ')}.`);
  const job = readJob(name);
  const today = nairobiDay(clock.now());
  const asOf = values['as-of'] === undefined ? today : readDay(values['as-of']);
  if (job === 'penalties' && asOf > today && !values.yes)
    throw new UsageError(
      `${asOf} is still to come, and today is ${today}. Add --yes if the penalties up to then are to be owed from now on.`,
    );
  const { written, finished } = await runOne({ db: db(), clock }, job, asOf, NEVER);
  if (!finished) {
    complain('Somebody holds what the run needs. Nothing is lost: run it again.');
    return 1;
  }
  print(describe(job, asOf, written));
  return 0;
}

function readJob(name: string | undefined): Job {
  const job = JOBS.find((one) => one === name);
  if (!job)
    throw new UsageError(name === undefined ? `Say which: ${JOBS.join(' or ')}.` : `There is no job "${name}": ${JOBS.join(' or ')}.`);
  return job;
}

function readDay(text: string): Day {
  if (!z.iso.date().safeParse(text).success) throw new UsageError(`--as-of takes a day such as 2026-11-30, not ${text}.`);
  return text;
}

function describe(job: Job, asOf: Day, written: number): string {
  const what = { penalties: ['penalty', 'penalties'], reminders: ['message', 'messages'] }[job];
  const counted = `${written.toLocaleString('en')} ${written === 1 ? what[0] : what[1]}`;
  return job === 'penalties' ? `Charged ${counted} up to ${asOf}.` : `Promised ${counted} for ${asOf}.`;
}

if (import.meta.main) await runCommand(runJob, databaseUrl);

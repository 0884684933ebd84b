import { parseArgs } from 'node:util';
import { Client } from '@neondatabase/serverless';
import pg from 'pg';
import { startNeonEndpoint } from '../dev/neon-endpoint.ts';
import { startPostgres } from '../dev/postgres.ts';
import { connect } from '../src/db/client.ts';
import { migrate } from '../src/db/migrate.ts';
import { compare } from './compare.ts';
import { describeLoans, fillLoans } from './fill-loans.ts';
import { penalties } from './penalties.ts';
import { reminders } from './reminders.ts';

const USAGE = `Benchmarks of what goes through all loans, on a PostgreSQL of its own that gives up what only matters when the machine loses power.

  npm run bench -- penalties [--loans 1000000] [--pairs 3]
  npm run bench -- reminders [--loans 1000000] [--pairs 3]

Each compares the deployed run, through the deployed driver, with one raw statement and with a loop over loans (of at most 20,000, scaled) through the same driver, asserts that
all three write the same, and ends with 1 when a bar is missed. A million loans need 10 GB of disk for some minutes.
`;

const CONTESTS = { penalties, reminders };
const LARGEST_SAMPLE = 20_000;

/** What a person did wrong on the command line. */
class UsageError extends Error {
  override name = 'UsageError';
}

function readOptions(argv: string[]) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { loans: { type: 'string', default: '20000' }, pairs: { type: 'string', default: '3' } },
  });
  const [name, ...more] = positionals;
  if ((name !== 'penalties' && name !== 'reminders') || more.length > 0) throw new UsageError('Say which: penalties or reminders.');
  return {
    contest: CONTESTS[name],
    loans: wholeNumber('loans', values.loans, 100, 5_000_000),
    pairs: wholeNumber('pairs', values.pairs, 1, 99),
  };
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max)
    throw new UsageError(`--${option} takes a whole number from ${min} to ${max}, not ${text}.`);
  return number;
}

async function run(): Promise<boolean> {
  const { contest, loans, pairs } = readOptions(process.argv.slice(2));
  const say = (text: string) => console.log(text);
  await using running = new AsyncDisposableStack();
  const postgres = await startPostgres();
  running.defer(postgres.stop);
  const endpoint = await startNeonEndpoint({ postgresPort: postgres.port });
  running.defer(endpoint.stop);
  await migrate(endpoint.url('postgres'));
  const client = new pg.Client(postgres.url);
  await client.connect();
  running.defer(() => client.end());
  const db = connect(endpoint.url('postgres'));
  running.defer(() => db.close());

  const deployed = new Client(endpoint.url('postgres'));
  await deployed.connect();
  running.defer(() => deployed.end());

  say(`${describeLoans(loans)}.`);
  await fillLoans(client, loans);
  const missed = await compare(contest, { client, deployed, db, loans, pairs, sample: Math.min(loans, LARGEST_SAMPLE), say });
  return missed.length === 0;
}

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  const misunderstood =
    error instanceof UsageError || (error instanceof Error && 'code' in error && /^ERR_PARSE_ARGS/.test(String(error.code)));
  console.error(misunderstood ? `${(error as Error).message}\n\n${USAGE}` : error);
  process.exitCode = misunderstood ? 2 : 1;
}

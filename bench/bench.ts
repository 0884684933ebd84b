import { parseArgs } from 'node:util';
import { Client } from '@neondatabase/serverless';
import pg from 'pg';
import { connect } from '#ground/db/client.ts';
import { migrate } from '#ground/db/migrate.ts';
import { startNeonEndpoint } from '../dev/neon-endpoint.ts';
import { startPostgres } from '../dev/postgres.ts';
import { callbacks } from './callbacks/callbacks.ts';
import { compare } from './compare.ts';
import { describeLoans, fillLoans } from './fill-loans.ts';
import { penalties } from './penalties.ts';
import { reminders } from './reminders.ts';
import { reports } from './reports/reports.ts';
import { upkeep } from './upkeep/upkeep.ts';

const USAGE = `Benchmarks on a PostgreSQL of their own that gives up what only matters when the machine loses power.

  npm run bench -- callbacks [--size 100] [--pairs 15]

compares what settles a callback with the statement that did at dc89b02 and with a flow written by hand (bench/baseline), near to the database and 5 ms away from it,
with 1 and 8 clients. It ends with 1 when a callback was not settled exactly once or a count misses its bar; times are told, and decide nothing.

  npm run bench -- upkeep [--payments 100000] [--loans 5000]

backs a database up, restores it, and changes its keys, by the commands themselves, some of which it kills (-9) on the way. It ends with 1 when the restored books do not
balance or a bar is missed.

  npm run bench -- penalties [--loans 1000000] [--pairs 3]
  npm run bench -- reminders [--loans 1000000] [--pairs 3]

go through all loans. Each compares the deployed run, through the deployed driver, with one raw statement and with a loop over loans (of at most 20,000, scaled) through the same driver, asserts that
all three write the same, and ends with 1 when a bar is missed. A million loans need 10 GB of disk for some minutes.

  npm run bench -- reports [--payments 1000000]

reads every report with 10,000 payments and with a million on the same days. It ends with 1 where a report touches more pages, or where the counts are not what the rows say.
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
    options: {
      loans: { type: 'string' },
      payments: { type: 'string' },
      pairs: { type: 'string' },
      size: { type: 'string', default: '100' },
    },
  });
  const [name, ...more] = positionals;
  if (!isBenchmark(name) || more.length > 0) throw new UsageError('Say which: callbacks, upkeep, reports, penalties or reminders.');
  return {
    name,
    loans: wholeNumber('loans', values.loans ?? (name === 'upkeep' ? '5000' : '20000'), 100, 5_000_000),
    payments: wholeNumber('payments', values.payments ?? (name === 'reports' ? '1000000' : '100000'), 1_000, 5_000_000),
    pairs: wholeNumber('pairs', values.pairs ?? (name === 'callbacks' ? '15' : '3'), 1, 99),
    size: wholeNumber('size', values.size, 10, 1_000),
  };
}

const isBenchmark = (name = ''): name is 'callbacks' | 'upkeep' | 'reports' | keyof typeof CONTESTS =>
  ['callbacks', 'upkeep', 'reports'].includes(name) || Object.hasOwn(CONTESTS, name);

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max)
    throw new UsageError(`--${option} takes a whole number from ${min} to ${max}, not ${text}.`);
  return number;
}

async function run(): Promise<boolean> {
  const { name, loans, payments, pairs, size } = readOptions(process.argv.slice(2));
  const say = (text: string) => console.log(text);
  if (name === 'reports') return reports(payments, say);
  await using running = new AsyncDisposableStack();
  const postgres = await startPostgres();
  running.defer(postgres.stop);
  if (name === 'callbacks') return (await callbacks({ postgresPort: postgres.port, pairs, size, say })).length === 0;
  const endpoint = await startNeonEndpoint({ postgresPort: postgres.port });
  running.defer(endpoint.stop);
  const client = new pg.Client(postgres.url);
  await client.connect();
  running.defer(() => client.end());
  if (name === 'upkeep') return (await upkeep({ client, endpoint, postgresUrl: postgres.url, payments, loans, say })).length === 0;
  await migrate(endpoint.url('postgres'));
  const db = connect(endpoint.url('postgres'));
  running.defer(() => db.close());

  const deployed = new Client(endpoint.url('postgres'));
  await deployed.connect();
  running.defer(() => deployed.end());

  say(`${describeLoans(loans)}.`);
  await fillLoans(client, loans);
  const missed = await compare(CONTESTS[name], { client, deployed, db, loans, pairs, sample: Math.min(loans, LARGEST_SAMPLE), say });
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

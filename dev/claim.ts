import { parseArgs } from 'node:util';
import { Client } from '@neondatabase/serverless';
import { databaseUrl } from '#ground/config/config.ts';
import { claimEnvironment } from '#ground/db/claim-environment.ts';
import { useLocalEndpointFor } from '#ground/db/client.ts';
import { innermost } from '#ground/db/errors.ts';

const USAGE = `Says once and for all to which M-PESA environment the database in DATABASE_URL belongs. From then on a site with another MPESA_ENV is refused by it.

  npm run claim -- sandbox
  npm run claim -- production

A new database is claimed by its first \`npm run db:migrate\`, for MPESA_ENV. One that is older than that belongs to nobody until this command is run: be sure whose
payments are in it.
`;

type Output = { print(text: string): void; complain(text: string): void };

/** The command `npm run claim`; resolves to its exit code. */
export async function runClaim(argv: string[], url: () => string, { print, complain }: Output): Promise<number> {
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, strict: false, options: { help: { type: 'boolean' } } });
  const [environment, ...more] = positionals;
  if (values.help) {
    print(USAGE);
    return 0;
  }
  if ((environment !== 'sandbox' && environment !== 'production') || more.length > 0 || Object.keys(values).length > 0) {
    complain(`Say which: sandbox or production.\n\n${USAGE}`);
    return 2;
  }
  let client: Client | undefined;
  try {
    client = await open(url());
    await claimEnvironment(client, environment, new Date());
    print(`The database belongs to ${environment}.`);
    return 0;
  } catch (error) {
    const inner = innermost(error);
    complain(`${inner instanceof Error ? inner.message : 'The database does not answer.'}\n\`npm run doctor\` says more.`);
    return 1;
  } finally {
    await client?.end().catch(() => undefined);
  }
}

async function open(connectionString: string): Promise<Client> {
  useLocalEndpointFor(connectionString);
  const client = new Client({ connectionString, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

if (import.meta.main)
  process.exitCode = await runClaim(process.argv.slice(2), () => databaseUrl(), { print: console.log, complain: console.error });

import { parseArgs } from 'node:util';
import { Client } from '@neondatabase/serverless';
import * as z from 'zod';
import { claimCopy } from '#desk/upkeep/claim-copy.ts';
import { databaseUrl } from '#ground/config/config.ts';
import { claimEnvironment } from '#ground/db/claim-environment.ts';
import { connect, useLocalEndpointFor } from '#ground/db/client.ts';
import { innermost } from '#ground/db/errors.ts';
import type { Db } from '#ground/db/types.ts';

const USAGE = `Says once and for all to which M-PESA environment the database in DATABASE_URL belongs. From then on a site with another MPESA_ENV is refused by it.

  npm run claim -- sandbox
  npm run claim -- production
  npm run claim -- copy --by "Wanjiru Kamau" [--key ID ...]

A new database is claimed by its first \`npm run db:migrate\`, for MPESA_ENV. One that is older than that belongs to nobody until this command is run: be sure whose
payments are in it.

The third is for a copy: a database that was restored (\`npm run restore\`) or set back (\`npm run detach\`). Until then it sends nothing and asks Safaricom nothing. From the next minute on it
acts, and first asks about each payout that was under way; payouts stay stopped until a person starts them. All API keys of the copy are revoked; --key makes one work again that is still to be trusted, by the id that
\`npm run api-key -- list\` shows. Be sure that the site that worked on the same money before no longer runs.
`;

type Output = { print(text: string): void; complain(text: string): void };

/** The command `npm run claim`; resolves to its exit code. */
export async function runClaim(argv: string[], url: () => string, { print, complain }: Output, now = new Date()): Promise<number> {
  const options = { help: { type: 'boolean' }, by: { type: 'string' }, key: { type: 'string', multiple: true } } as const;
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, strict: false, options });
  const [environment, ...more] = positionals;
  if (values.help) {
    print(USAGE);
    return 0;
  }
  if (environment === 'copy' && more.length === 0 && typeof values.by === 'string' && values.by.trim())
    return claimDetached(url, { by: values.by.trim(), keys: namedKeys(values.key) }, { print, complain }, now);
  if ((environment !== 'sandbox' && environment !== 'production') || more.length > 0 || Object.keys(values).length > 0) {
    complain(`Say which: sandbox or production, or copy --by and a name.\n\n${USAGE}`);
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

/** The keys that are to work again, each by its id; what is not one names no key. */
const namedKeys = (said: unknown): string[] => [said ?? []].flat().map(String);

type Claiming = { by: string; keys: string[] };

async function claimDetached(url: () => string, { by, keys }: Claiming, { print, complain }: Output, now: Date): Promise<number> {
  const strange = keys.filter((id) => !z.uuid().safeParse(id).success);
  if (strange.length > 0) {
    complain(`Not the id of a key: ${strange.join(', ')}. Nothing was changed; \`npm run api-key -- list\` shows them.`);
    return 2;
  }
  let db: Db | undefined;
  try {
    db = connect(url());
    const copy = await claimCopy(db, { by, keys, now });
    if (!copy) {
      complain(
        'This database is no copy that waits to be claimed, or filling it was cut off before its payouts were held: nothing was changed. Run the restore again, or npm run detach.',
      );
      return 1;
    }
    print(`The copy of what was at ${copy.asOf.toISOString()} is claimed by ${by}, and acts from the next minute on.`);
    print(
      `Payouts under way that Safaricom is asked about first: ${copy.asked}. Payouts are stopped until a person starts them (POST /api/payouts/start).`,
    );
    print(`API keys that work again: ${copy.revived.length}. All others are revoked.`);
    const not = keys.filter((id) => !copy.revived.includes(id));
    if (not.length > 0) complain(`These stay revoked, for they were before, or there is no such key: ${not.join(', ')}.`);
    return not.length > 0 ? 1 : 0;
  } catch (error) {
    const inner = innermost(error);
    complain(`${inner instanceof Error ? inner.message : 'The database does not answer.'}\n\`npm run doctor\` says more.`);
    return 1;
  } finally {
    await db?.close();
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

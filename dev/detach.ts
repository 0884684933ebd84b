import { parseArgs } from 'node:util';
import * as z from 'zod';
import { holdCopy } from '#desk/upkeep/hold-copy.ts';
import { sayAccess } from '#desk/upkeep/say-access.ts';
import { databaseUrl, environment } from '#ground/config/config.ts';
import { connect } from '#ground/db/client.ts';
import { detach, isDetached } from '#ground/db/detached.ts';
import { innermost } from '#ground/db/errors.ts';
import { connectDirect } from './backup/connect-direct.ts';
import type { Output } from './backup.ts';
import { readNumbers } from './restore.ts';

const USAGE = `For a database that was set back to an earlier moment, or branched off, in Neon's console: from now on it is a copy. It sends nothing, asks Safaricom nothing, and nothing in it
runs by itself, until a person claims it (\`npm run claim\`). Payouts are stopped, and those under way are asked about before any is sent again.

  npm run detach -- --as-of 2026-11-30T14:00:00+03:00 --last-invoice INV-2026-000123 [--last-invoice RCT-2026-000456 ...]
  npm run detach -- --as-of 2026-11-30T14:00:00+03:00 --last-invoice none

--last-invoice is the highest number of each series that a customer has in the mail since that moment. Run it before the site works on that database.
`;

const Moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** The command `npm run detach`; resolves to its exit code. */
export async function runDetach(argv: string[], from: NodeJS.ProcessEnv, { print, complain }: Output, now = new Date()): Promise<number> {
  let asOf: Date;
  let lastNumbers: ReturnType<typeof readNumbers>;
  try {
    const options = { 'as-of': { type: 'string' }, 'last-invoice': { type: 'string', multiple: true }, help: { type: 'boolean' } } as const;
    const { values } = parseArgs({ args: argv, options });
    if (values.help) {
      print(USAGE);
      return 0;
    }
    const moment = Moment.safeParse(values['as-of']);
    if (!moment.success || moment.data > now)
      throw new Error('Say of which moment it is: --as-of 2026-11-30T14:00:00+03:00, not later than now.');
    if (!values['last-invoice'])
      throw new Error('Say which number was mailed last: --last-invoice INV-2026-000123, one for each series, or --last-invoice none.');
    asOf = moment.data;
    lastNumbers = readNumbers(values['last-invoice']);
  } catch (error) {
    complain(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  await using open = new AsyncDisposableStack();
  try {
    const url = databaseUrl(from);
    const db = connect(url);
    open.defer(() => db.close());
    const client = await connectDirect(url);
    open.defer(() => client.end().catch(() => undefined));
    if (!(await isDetached(db))) await detach(client, { asOf, now });
    await holdCopy(db, { asOf, lastNumbers, now });
    print(await sayAccess(db));
    print(
      `This database is a copy of what was at ${asOf.toISOString()}: it does nothing until a person claims it (\`npm run claim -- --help\`).`,
    );
    return 0;
  } catch (error) {
    const inner = innermost(error);
    complain(`${inner instanceof Error ? inner.message : inner}\nRun it again before the site works on that database.`);
    return 1;
  }
}

if (import.meta.main)
  process.exitCode = await runDetach(process.argv.slice(2), environment(), { print: console.log, complain: console.error });

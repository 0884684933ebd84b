import { type ParseArgsConfig, parseArgs } from 'node:util';
import { dataAccess, environment } from '#ground/config/config.ts';
import { connect } from '#ground/db/client.ts';
import { installKeys, type KeyRing } from '#ground/db/encryption.ts';
import { innermost } from '#ground/db/errors.ts';
import type { Db } from '#ground/db/types.ts';
import type { Output } from './backup.ts';
import { isMisunderstood } from './command.ts';

/** What a command works with that reads what is encrypted. The database is opened, and its keys are asked for, only when the command is understood; both end with it. */
export type Keyed = Output & {
  open(): { db: Db; keys: KeyRing; databaseUrl: string };
  defer(end: () => Promise<unknown>): void;
  from: NodeJS.ProcessEnv;
  now: Date;
};

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O }>>['values'];

/** Wider than the site's: whole tables are read. */
const LIMITS = { statementMs: 10 * 60_000 };

/** A command with these options, `--help` besides, that reads what is encrypted; resolves to its exit code. `failed` says how things stand after a failure. */
export const keyedCommand =
  <const O extends Options>(
    { usage, options, failed }: { usage: string; options: O; failed: string },
    run: (values: Values<O>, given: Keyed) => Promise<number>,
  ) =>
  async (argv: string[], from: NodeJS.ProcessEnv, { print, complain }: Output, now = new Date()): Promise<number> => {
    await using opened = new AsyncDisposableStack();
    const open = () => {
      const { databaseUrl, keys } = dataAccess(from);
      installKeys(keys);
      const db = connect(databaseUrl, undefined, { limits: LIMITS });
      opened.defer(() => db.close());
      return { db, keys, databaseUrl };
    };
    const defer = (end: () => Promise<unknown>) =>
      opened.defer(async () => {
        await end();
      });
    try {
      const { values } = parseArgs({ args: argv, options: { ...options, help: { type: 'boolean' } } });
      if ('help' in values && values.help) {
        print(usage);
        return 0;
      }
      return await run(values as Values<O>, { print, complain, open, defer, from, now });
    } catch (error) {
      if (isMisunderstood(error)) {
        complain(`${error.message}\n\n${usage}`);
        return 2;
      }
      const inner = innermost(error);
      complain(`${inner instanceof Error ? inner.message : inner}\n${failed}`);
      return 1;
    }
  };

/** Runs such a command as this process. */
export async function runKeyed(command: ReturnType<typeof keyedCommand>): Promise<void> {
  process.exitCode = await command(process.argv.slice(2), environment(), { print: console.log, complain: console.error });
}

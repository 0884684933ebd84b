import { connect } from '#ground/db/client.ts';
import { innermost } from '#ground/db/errors.ts';
import type { Db } from '#ground/db/types.ts';

/** A command was not understood; its message says why. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Whether a command or its options were not understood. */
export const isMisunderstood = (error: unknown): error is Error =>
  error instanceof UsageError || (error instanceof Error && 'code' in error && /^ERR_PARSE_ARGS/.test(String(error.code)));

/** What a command works with. The database is opened only when the command is understood. */
export type World = { db(): Db; clock: { now(): Date }; print(text: string): void; complain(text: string): void };

/** A command resolves to its exit code. */
export type Command = (argv: string[], world: World) => Promise<number>;

/** A command that, when it is not understood, says what is wrong and how it is used. */
export const withUsage =
  (usage: string, run: Command): Command =>
  async (argv, world) => {
    try {
      return await run(argv, world);
    } catch (error) {
      if (!isMisunderstood(error)) throw error;
      world.complain(`${error.message}\n\n${usage}`);
      return 2;
    }
  };

/** Runs a command as this process, on the database at the address that `find` returns. */
export async function runCommand(command: Command, find: () => string): Promise<void> {
  let opened: Db | undefined;
  const db = () => {
    opened ??= connect(find());
    return opened;
  };
  try {
    const world = { db, clock: { now: () => new Date() }, print: console.log, complain: console.error };
    process.exitCode = await command(process.argv.slice(2), world);
  } catch (error) {
    const inner = innermost(error);
    console.error(`${inner instanceof Error ? inner.message : inner}\n\`npm run doctor\` says more.`);
    process.exitCode = 1;
  } finally {
    await opened?.close();
  }
}

import { parseArgs } from 'node:util';
import { ConfigError, environment, safaricomAccount } from '#ground/config/config.ts';
import { DarajaError } from '#mpesa/daraja/errors.ts';
import { fetchToken } from '#mpesa/daraja/fetch-token.ts';

const USAGE = `Fetches a token from Safaricom with the configured consumer key and secret, and says how long it lives. It prints its first four characters only.
A new token may cancel the one the site is using; the site then gets itself another.

  npm run token
`;

const TIMEOUT_MS = 15_000;

type World = {
  environment: NodeJS.ProcessEnv;
  fetch: typeof fetch;
  clock: { now(): Date };
  print(text: string): void;
  complain(text: string): void;
};

/** The command `npm run token`; resolves to its exit code. */
export async function runToken(argv: string[], { print, complain, clock, fetch, ...world }: World): Promise<number> {
  try {
    const { values } = parseArgs({ args: argv, options: { help: { type: 'boolean' } } });
    if (values.help) {
      print(USAGE);
      return 0;
    }
  } catch (error) {
    complain(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  try {
    const account = safaricomAccount(world.environment);
    const token = await fetchToken({ ...account, clock, fetch, timeoutMs: TIMEOUT_MS });
    const seconds = Math.round((token.expiresAt.getTime() - clock.now().getTime()) / 1000);
    print(`${new URL(account.baseUrl).host} gave the token ${token.value.slice(0, 4)}... It lives ${seconds} seconds.`);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof DarajaError)) throw error;
    complain(`${error.message}\n\`npm run doctor\` says how to mend it.`);
    return 1;
  }
}

if (import.meta.main) {
  const output = { print: console.log, complain: console.error };
  process.exitCode = await runToken(process.argv.slice(2), {
    environment: environment(),
    fetch,
    clock: { now: () => new Date() },
    ...output,
  });
}

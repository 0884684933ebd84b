import { parseArgs } from 'node:util';
import { createApp } from '#app.ts';
import { ConfigError, config } from '#ground/config/config.ts';
import { innermost } from '#ground/db/errors.ts';
import { AppError } from '#ground/errors.ts';
import { registerPull } from '#mpesa/paybill/register-pull.ts';
import type { App } from '#mpesa/wiring/app.ts';

const USAGE = `Opens the payments of MPESA_SHORTCODE for pulling, once; again does no harm. It needs MPESA_PULL_NUMBER.

  npm run register-pull
`;

type World = { app(): Pick<App, 'daraja' | 'db' | 'clock' | 'config'>; print(text: string): void; complain(text: string): void };

/** The command `npm run register-pull`; resolves to its exit code. */
export async function runRegisterPull(argv: string[], { app, print, complain }: World): Promise<number> {
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
    const wired = app();
    const state = await registerPull(wired, 'operator');
    print(
      `The payments of ${wired.config.mpesa.shortcode} are ${state} for pulling. Set MPESA_PULL=on; the first pull comes within a quarter of an hour.`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof AppError || error instanceof ConfigError)) throw error;
    complain(error.message);
    return 1;
  }
}

if (import.meta.main) {
  let opened: App | undefined;
  const app = () => {
    opened ??= createApp(config());
    return opened;
  };
  try {
    process.exitCode = await runRegisterPull(process.argv.slice(2), { app, print: console.log, complain: console.error });
  } catch (error) {
    const inner = innermost(error);
    console.error(`${inner instanceof Error ? inner.message : inner}\n\`npm run doctor\` says more.`);
    process.exitCode = 1;
  } finally {
    await opened?.db.close();
  }
}

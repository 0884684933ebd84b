import { type App, createApp } from '../src/app.ts';
import { ConfigError, config } from '../src/config.ts';
import { innermost } from '../src/db/errors.ts';
import { AppError } from '../src/errors.ts';
import { registerPull } from '../src/paybill/register-pull.ts';

type World = { app(): Pick<App, 'daraja' | 'db' | 'clock' | 'config'>; print(text: string): void; complain(text: string): void };

/** The command `npm run register-pull`; resolves to its exit code. */
export async function runRegisterPull({ app, print, complain }: World): Promise<number> {
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
    process.exitCode = await runRegisterPull({ app, print: console.log, complain: console.error });
  } catch (error) {
    const inner = innermost(error);
    console.error(`${inner instanceof Error ? inner.message : inner}\n\`npm run doctor\` says more.`);
    process.exitCode = 1;
  } finally {
    await opened?.db.close();
  }
}

import { parseArgs } from 'node:util';
import { createApp } from '#app.ts';
import { ConfigError, config } from '#ground/config/config.ts';
import { innermost } from '#ground/db/errors.ts';
import { AppError } from '#ground/errors.ts';
import { registerUrls } from '#mpesa/paybill/register-urls.ts';
import type { App } from '#mpesa/wiring/app.ts';

const USAGE = `Tells Safaricom where the paybill's payments are to be validated and confirmed: at SITE_URL. In production this works once.

  npm run register-urls              (notices show the payer's phone masked)
  npm run register-urls -- --v1      (notices show a hash of it)
`;

type World = { app(): Pick<App, 'daraja' | 'db' | 'clock' | 'config'>; print(text: string): void; complain(text: string): void };

/** The command `npm run register-urls`; resolves to its exit code. */
export async function runRegisterUrls(argv: string[], { app, print, complain }: World): Promise<number> {
  let version: 'v1' | 'v2';
  try {
    const { values } = parseArgs({ args: argv, options: { v1: { type: 'boolean' }, help: { type: 'boolean' } } });
    if (values.help) {
      print(USAGE);
      return 0;
    }
    version = values.v1 ? 'v1' : 'v2';
  } catch (error) {
    complain(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  try {
    const wired = app();
    await registerUrls(wired, { version }, { caller: { id: 'operator', scopes: [] } });
    const { responseType } = wired.config.paybill;
    print(
      `Safaricom tells ${wired.config.site.url} of payments to ${wired.config.mpesa.shortcode} from now on (${version}, ${responseType} when we do not answer).`,
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
    process.exitCode = await runRegisterUrls(process.argv.slice(2), { app, print: console.log, complain: console.error });
  } catch (error) {
    const inner = innermost(error);
    console.error(`${inner instanceof Error ? inner.message : inner}\n\`npm run doctor\` says more.`);
    process.exitCode = 1;
  } finally {
    await opened?.db.close();
  }
}

import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

const USAGE = `Prints fresh keys for the configuration. It stores nothing.

  npm run keys                 all four, for a new site
  npm run keys -- --id k2      names the encryption key k2, for rotating
  npm run keys -- --backup     the key of backups, which the site never gets
  npm run keys -- --help
`;

const ROTATING = `
# Put them into Netlify (Project configuration, Environment variables) and into a safe: without ENCRYPTION_KEYS and
# LOOKUP_KEY the personal data in the database cannot be read again.
#
# To rotate later, put the new key in front and keep the old one behind a comma, then deploy:
#   ENCRYPTION_KEYS=k2:<new>,k1:<old>   the first encrypts, all decrypt: \`npm run rotate-keys\` says when the old one can go
#   CALLBACK_TOKEN_KEY=<new>,<old>      the first signs, all verify: drop the old one after two days
#   LOOKUP_KEY=<new>,<old>              the new one is laid over the old one by \`npm run rotate-keys -- --lookup\`; both stay
#   SESSION_SECRET=<new>                at any time: everybody signs in anew`;

const key = (): string => randomBytes(32).toString('base64');

/** The lines that `npm run keys` prints, with `id` as the name of the encryption key. Different at each call. */
export const describeNewKeys = (id = 'k1'): string =>
  [`CALLBACK_TOKEN_KEY=${key()}`, `ENCRYPTION_KEYS=${id}:${key()}`, `LOOKUP_KEY=${key()}`, `SESSION_SECRET=${key()}`, ROTATING].join('\n');

const BACKUP = `
# Keep it in a safe, and in .env.backup (readable by its owner alone) of the machine that makes the backups. Never set it in Netlify: whoever gets
# into the site must not be able to read the backups too. Without it no backup can be read.`;

/** The command `npm run keys`; returns its exit code. */
export function runNewKeys(argv: string[], print: (text: string) => void): number {
  try {
    const { values } = parseArgs({
      args: argv,
      options: { id: { type: 'string' }, backup: { type: 'boolean' }, help: { type: 'boolean' } },
    });
    if (values.id !== undefined && !/^\w{1,16}$/.test(values.id)) throw new Error('--id takes 1 to 16 letters, digits or _.');
    if (values.help) print(USAGE);
    else print(values.backup ? `BACKUP_KEY=${key()}\n${BACKUP}` : describeNewKeys(values.id));
    return 0;
  } catch (error) {
    print(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
}

if (import.meta.main) process.exitCode = runNewKeys(process.argv.slice(2), console.log);

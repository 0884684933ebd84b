import path from 'node:path';
import { parseArgs } from 'node:util';
import type { LocalWorld, LocalWorldOptions } from './world/start-world.ts';
import { takeOutput } from './world/take-output.ts';

const USAGE = `The local world: everything Malipo needs, on this machine.

  --port 8888           where the shop and the API listen; without it, the next free port from 8888
  --fresh               begin anew: forget all payments, mails and keys
  --dir .local          where data is kept
  --watch               serve each function as its sources are now: for work on them (npm run dev)
  --every 15            seconds from one run of the scheduled function to the next (each minute when deployed)
  --sandbox             ask Safaricom's sandbox in place of the simulator; needs --public-url, MPESA_CONSUMER_KEY and MPESA_CONSUMER_SECRET
  --public-url <https>  where Safaricom reaches this machine, by any tunnel to the shop's port
  --help
`;

const LOCAL = path.resolve(import.meta.dirname, '../.local');
const MOST_SHOWN = 4;
const ROLES = { treasurer: 'treasurer', admin: 'administrator' };
const PORTS = { shop: 8888, simulator: 4010, inbox: 4020, sms: 4030 };

/** Prints the functions' log too, except the report of each run of the scheduled function: what fails in it has lines of its own. */
const say = takeOutput((line) => /^\{"level":"info","event":"job"/.test(line) || say(line));

/** A mistake on the command line. */
class UsageError extends Error {
  override name = 'UsageError';
}

function readOptions(argv: string[]): LocalWorldOptions | undefined {
  const { values } = parseArgs({
    args: argv,
    options: {
      port: { type: 'string' },
      fresh: { type: 'boolean', default: false },
      dir: { type: 'string', default: LOCAL },
      watch: { type: 'boolean', default: false },
      every: { type: 'string', default: '15' },
      sandbox: { type: 'boolean', default: false },
      'public-url': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const sandbox = readSandbox(values.sandbox, values['public-url'] ?? process.env.SITE_URL);
  return {
    dir: values.dir,
    ports: { ...PORTS, shop: values.port === undefined ? PORTS.shop : wholeNumber('port', values.port, 1, 65_535) },
    demandShopPort: values.port !== undefined,
    fresh: values.fresh,
    watch: values.watch,
    everyMs: wholeNumber('every', values.every, 1, 3_600) * 1_000,
    ...(sandbox && { sandbox }),
    say,
    complain: console.error,
  };
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max)
    throw new UsageError(`--${option} takes a whole number from ${min} to ${max}, not ${text}.`);
  return number;
}

function readSandbox(asked: boolean, publicUrl: string | undefined): { publicUrl: string } | undefined {
  if (!asked) return undefined;
  const missing = ['MPESA_CONSUMER_KEY', 'MPESA_CONSUMER_SECRET'].filter((name) => !process.env[name]);
  const findings = missing.map((name) => `${name} is missing: copy it from your app at developer.safaricom.co.ke into .env.`);
  if (process.env.MPESA_ENV === 'production')
    findings.push('MPESA_ENV is production: the keys in .env would be those of real money. Use a sandbox app.');
  if (publicUrl === undefined)
    findings.push('--public-url is missing: Safaricom calls back, and needs an https address that leads to this machine.');
  else if (!/^https:\/\/[^/]+\/?$/.test(publicUrl) || !URL.canParse(publicUrl))
    findings.push(`--public-url takes an address like https://example.com, not ${publicUrl}.`);
  if (findings.length > 0 || publicUrl === undefined)
    throw new UsageError(`The sandbox cannot be used yet:\n  - ${findings.join('\n  - ')}`);
  return { publicUrl: new URL(publicUrl).origin };
}

function describe(
  { shopUrl, simulatorUrl, inboxUrl, smsUrl, operatorKey, databaseUrl, staff }: LocalWorld,
  { sandbox, dir }: LocalWorldOptions,
): string {
  const people = staff.slice(0, MOST_SHOWN).map(({ name, role, phone }) => `${phone}     ${name}, ${ROLES[role]}`);
  const how = 'POST {"phoneNumber"} to /api/sign-in/code, then {"phoneNumber", "code"} to /api/sign-in with the code from the SMS';
  const mpesa = sandbox
    ? `M-PESA     Safaricom's sandbox, which calls back at ${sandbox.publicUrl}`
    : `Handset    ${simulatorUrl}/handset     where the customer enters the PIN`;
  const world = path.resolve(dir) === LOCAL ? '' : ` --dir '${readable(dir)}'`;
  const later = sandbox
    ? ''
    : `  Later      npm run clock -- +1d${world}     on to another day or time, with what nights and mornings bring\n`;
  return `
Malipo is running.

  Shop       ${shopUrl}/
  ${mpesa}
  Inbox      ${inboxUrl}/     where the invoices arrive
  SMS        ${smsUrl}/     where the codes for signing in arrive
  API        ${shopUrl}/api     for example ${shopUrl}/api/items
  Health     ${shopUrl}/api/health
  Operator   Authorization: Bearer ${operatorKey}
  Database   ${databaseUrl}     through a Neon-compatible endpoint
  Sign in    ${[...people, how].join('\n             ')}
  Commands   npx node --env-file='${readable(dir)}/commands.env' dev/statement.ts FILE --as 0712345678     and the others in dev/ alike
${later}  Data       ${readable(dir)}     kept; --fresh begins anew

Ctrl-C stops everything.`;
}

/** A path for people to read: relative where it lies below the current folder. */
function readable(dir: string): string {
  const short = path.relative(process.cwd(), dir);
  return short === '' || short.startsWith('..') ? path.resolve(dir) : short;
}

async function run(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) return say(USAGE);
  say('Starting ...');
  const { startLocalWorld } = await import('./world/start-world.ts'); // only now: it is slow to load, and a mistake on the command line does not need it
  const starting = startLocalWorld(options);
  let stoppingSince: number | undefined;
  const stop = async () => {
    // One Ctrl-C may come twice, from the terminal and from npm; a later one ends at once.
    if (stoppingSince !== undefined) return performance.now() - stoppingSince > 1_000 ? process.exit(1) : undefined;
    stoppingSince = performance.now();
    const world = await starting.catch(() => undefined);
    await world?.stop();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
  const world = await starting;
  if (stoppingSince === undefined) say(describe(world, options));
}

try {
  await run();
} catch (error) {
  console.error(inWords(error));
  process.exit(1);
}

function inWords(error: unknown): unknown {
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} was taken a moment ago, perhaps by another start: try again.`;
  return error instanceof Error ? error.message : error;
}

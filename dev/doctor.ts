import { readFileSync } from 'node:fs';
import { parseArgs, parseEnv } from 'node:util';
import { environment } from '#ground/config/config.ts';
import { examine } from './doctor/examine.ts';
import type { Finding, Patient } from './doctor/finding.ts';

const USAGE = `Looks whether Malipo can work with this configuration, and says how to mend what is wrong. It moves nothing and prints no secret.

  npm run doctor                       looks at .env and the environment
  npm run doctor -- --file live.env    looks at the variables in this file only
  npm run doctor -- --json             one JSON object instead of text
  npm run doctor -- --ask              asks for the account balance in production too
  npm run doctor -- --send-test --phone 0712345678 --email you@example.com
                                       sends one SMS and one mail to yourself
  npm run doctor -- --help

It asks Safaricom for a token. That may cancel the one the site is using; the site then gets itself another.
Where an initiator is set it asks for the account balance, to see whether name, password, certificate and role are right. The answer comes to the site
and is kept like any other; in production that is done with --ask only, since a wrong password sent too often locks the initiator.
Exit code: 0 when nothing fails (warnings are allowed), 1 when something does, 2 when the command is not understood.
`;

const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;
const LONGEST_MS = 15_000;

type Output = { print(text: string): void; complain(text: string): void };

const OPTIONS = {
  file: { type: 'string' },
  json: { type: 'boolean' },
  ask: { type: 'boolean' },
  'send-test': { type: 'boolean' },
  phone: { type: 'string' },
  email: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const readOptions = (args: string[]) => parseArgs({ args, options: OPTIONS }).values;
type Options = ReturnType<typeof readOptions>;

/** The command `npm run doctor`; resolves to its exit code. */
export async function runDoctor(
  argv: string[],
  patient: Omit<Patient, 'timeoutMs'> & { timeoutMs?: number },
  output: Output,
): Promise<number> {
  let options: Options;
  let variables = patient.environment;
  try {
    options = readOptions(argv);
    if (options.file !== undefined) variables = parseEnv(readFileSync(options.file, 'utf8'));
  } catch (error) {
    output.complain(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    output.print(USAGE);
    return 0;
  }
  const { ask = false, phone, email } = options;
  const sendTo = options['send-test'] ? { phone, email } : undefined;
  const found = await examine({ timeoutMs: LONGEST_MS, ...patient, environment: variables, mayAsk: ask, ...(sendTo && { sendTo }) });
  const failed = found.some(({ state }) => state === 'fail');
  output.print(options.json ? JSON.stringify({ healthy: !failed, findings: found }, null, 2) : describe(found));
  return failed ? 1 : 0;
}

function describe(found: Finding[]): string {
  const lines = found.map(({ check, state, says, mend }) => `${MARKS[state]}  ${check}: ${says}${mend ? `\n      ${mend}` : ''}`);
  const count = (state: Finding['state']) => found.filter((finding) => finding.state === state).length;
  const verdict = count('fail') > 0 ? `${count('fail')} to mend` : 'Nothing to mend';
  return `${lines.join('\n')}\n\n${verdict}, ${count('warn')} to think about, ${count('ok')} well.`;
}

if (import.meta.main) {
  const output = { print: console.log, complain: console.error };
  process.exitCode = await runDoctor(
    process.argv.slice(2),
    { environment: environment(), fetch, clock: { now: () => new Date() } },
    output,
  );
}

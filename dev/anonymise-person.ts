import { parseArgs } from 'node:util';
import { type Anonymised, anonymisePerson } from '#desk/person/anonymise-person.ts';
import { NotOne } from '#desk/person/find-person.ts';
import { listAnonymised } from '#desk/person/list-anonymised.ts';
import { Reason } from '#ground/audit/reason.ts';
import { dataAccess, environment } from '#ground/config/config.ts';
import { recordsYears } from '#ground/config/retention.ts';
import { connect } from '#ground/db/client.ts';
import { installKeys } from '#ground/db/encryption.ts';
import { innermost } from '#ground/db/errors.ts';
import type { Output } from './backup.ts';
import { UsageError } from './command.ts';
import { isMisread } from './export-person.ts';
import { describeAnonymised } from './person/describe-anonymised.ts';
import { readAsked, readBy, WHOM } from './person/read-asked.ts';

const USAGE = `Removes what is held of one person, but for what the law has you keep. It uses DATABASE_URL, ENCRYPTION_KEYS and LOOKUP_KEY as the site has them, and RETAIN_RECORDS_YEARS.

  npm run anonymise-person -- --member ID --reason "They asked for it" --by "Wanjiru Kamau"          says what it would remove, and changes nothing
  npm run anonymise-person -- --member ID --reason "They asked for it" --by "Wanjiru Kamau" --yes    does it, for good
  npm run anonymise-person -- --list                                                                 who was anonymised: to be done again in a restored backup from before

Whom: --phone 0712345678, --email ADDRESS, --member ID (or number), --person ID (staff) or --payment ID (whoever made this payment). While something of theirs is open nothing is removed; it says
what to do first. It may be stopped and repeated.
`;

const LIMITS = { statementMs: 10 * 60_000 };

/** The command `npm run anonymise-person`; resolves to its exit code. */
export async function runAnonymisePerson(
  argv: string[],
  from: NodeJS.ProcessEnv,
  { print, complain }: Output,
  now = new Date(),
): Promise<number> {
  await using opened = new AsyncDisposableStack();
  const open = () => {
    const { databaseUrl, keys } = dataAccess(from);
    installKeys(keys);
    const db = connect(databaseUrl, undefined, { limits: LIMITS });
    opened.defer(() => db.close());
    return db;
  };
  try {
    const [text, flag] = [{ type: 'string' } as const, { type: 'boolean' } as const];
    const { values } = parseArgs({ args: argv, options: { ...WHOM, reason: text, by: text, yes: flag, list: flag, help: flag } });
    if (values.help) {
      print(USAGE);
      return 0;
    }
    if (values.list) {
      const named = (await listAnonymised(open())).filter(({ subject }) => !subject.startsWith('other:'));
      const lines = named.map(({ subject, firstAt }) => `${firstAt.toISOString().slice(0, 10)}  --${subject.replace(':', ' ')}`);
      print(lines.join('\n') || 'Nobody was anonymised.');
      return 0;
    }
    const asked = readAsked(values);
    const reason = Reason.safeParse(values.reason ?? '');
    if (!reason.success) throw new UsageError('Say why, in a line: --reason "...".');
    const wanted = { by: readBy(values.by), reason: reason.data, years: recordsYears(from), now };
    const done = await anonymisePerson(open(), asked, wanted, { forGood: values.yes === true });
    return say(done, values.yes === true, { print, complain });
  } catch (error) {
    if (error instanceof UsageError || isMisread(error)) {
      complain(`${error.message}\n\n${USAGE}`);
      return 2;
    }
    const inner = error instanceof NotOne ? error : innermost(error);
    complain(`${inner instanceof Error ? inner.message : inner}\nNothing was changed.`);
    return 1;
  }
}

function say(done: Anonymised, forGood: boolean, { print, complain }: Output): number {
  if (done.open.length === 0) {
    print(describeAnonymised(done, forGood));
    return 0;
  }
  const reasons = done.open.map(({ says, doFirst, which }) => `  - ${says}: ${which.join(', ')}. First ${doFirst}.`);
  complain(`${done.handle} cannot be anonymised now:\n${reasons.join('\n')}\nNothing was changed.`);
  return 1;
}

if (import.meta.main)
  process.exitCode = await runAnonymisePerson(process.argv.slice(2), environment(), { print: console.log, complain: console.error });

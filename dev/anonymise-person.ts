import { type Anonymised, anonymisePerson } from '#desk/person/anonymise-person.ts';
import { listAnonymised } from '#desk/person/list-anonymised.ts';
import { Reason } from '#ground/audit/reason.ts';
import { recordsYears } from '#ground/config/retention.ts';
import type { Db } from '#ground/db/types.ts';
import type { Output } from './backup.ts';
import { UsageError } from './command.ts';
import { keyedCommand, runKeyed } from './keyed-command.ts';
import { describeAnonymised } from './person/describe-anonymised.ts';
import { readAsked, readBy, WHOM } from './person/read-asked.ts';

const USAGE = `Removes what is held of one person, but for what the law has you keep. It uses DATABASE_URL, ENCRYPTION_KEYS and LOOKUP_KEY as the site has them, and RETAIN_RECORDS_YEARS.

  npm run anonymise-person -- --member ID --reason "They asked for it" --by "Wanjiru Kamau"          says what it would remove, and changes nothing
  npm run anonymise-person -- --member ID --reason "They asked for it" --by "Wanjiru Kamau" --yes    does it, for good
  npm run anonymise-person -- --list                                                                 who was anonymised: to be done again in a restored backup from before

Whom: --phone 0712345678, --email ADDRESS, --member ID (or number), --person ID (staff) or --payment ID (whoever made this payment). While something of theirs is open nothing is removed; it says
what to do first. It may be stopped and repeated.
`;

const [text, flag] = [{ type: 'string' } as const, { type: 'boolean' } as const];
const OPTIONS = { ...WHOM, reason: text, by: text, yes: flag, list: flag } as const;

/** The command `npm run anonymise-person`; resolves to its exit code. */
export const runAnonymisePerson = keyedCommand(
  { usage: USAGE, options: OPTIONS, failed: 'Nothing was changed.' },
  async (values, { open, from, now, ...output }) => {
    if (values.list) {
      output.print(await listed(open().db));
      return 0;
    }
    const asked = readAsked(values);
    const reason = Reason.safeParse(values.reason ?? '');
    if (!reason.success) throw new UsageError('Say why, in a line: --reason "...".');
    const wanted = { by: readBy(values.by), reason: reason.data, years: recordsYears(from), now };
    const done = await anonymisePerson(open().db, asked, wanted, { forGood: values.yes === true });
    return say(done, values.yes === true, output);
  },
);

async function listed(db: Db): Promise<string> {
  const named = (await listAnonymised(db)).filter(({ subject }) => !subject.startsWith('other:'));
  return (
    named.map(({ subject, firstAt }) => `${firstAt.toISOString().slice(0, 10)}  --${subject.replace(':', ' ')}`).join('\n') ||
    'Nobody was anonymised.'
  );
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

if (import.meta.main) await runKeyed(runAnonymisePerson);

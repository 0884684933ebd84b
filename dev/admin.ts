import { parseArgs } from 'node:util';
import * as z from 'zod';
import { findOtherKeys } from '#desk/health/find-other-keys.ts';
import { dataAccess } from '#ground/config/config.ts';
import { installKeys } from '#ground/db/encryption.ts';
import { readPhone } from '#ground/text/phone.ts';
import { addPerson, disablePerson, listAllPeople, unlockPhone } from '#people/people/manage-people.ts';
import { PERSON_ROLES } from '#people/people/people.schema.ts';
import { runCommand, UsageError, type World, withUsage } from './command.ts';

const USAGE = `Members and staff, who sign in with a code sent to their phone. It works on the database that DATABASE_URL names.

  npm run admin -- add --phone 0712345678 --name "Wanjiru Kamau" [--role admin|treasurer|member] [--email w@example.com]
  npm run admin -- list
  npm run admin -- disable --phone 0712345678
  npm run admin -- unlock --phone 0712345678

Without --role it adds an administrator. Adding a phone again changes its person, and lets them in again; they and
the other staff are told of another e-mail, and one that is not given stays. Unlocking forgets how often any
phone was prompted to pay and sent codes.
`;

const ACTOR = 'operator';

type Options = { phone?: string; name?: string; role?: string; email?: string };

/** The command `npm run admin`. */
export const runAdmin = withUsage(USAGE, run);

async function run(argv: string[], world: World): Promise<number> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { phone: text, name: text, role: text, email: text, help: { type: 'boolean' } },
  });
  const { help, ...options } = values;
  const [command, ...more] = positionals;
  if (help) {
    world.print(USAGE);
    return 0;
  }
  if (more.length > 0) throw new UsageError(`Too much: ${more.join(' ')}.`);
  if (command === 'add') return add(world, options);
  if (command === 'list') return list(world);
  if (command === 'disable') return disable(world, options);
  if (command === 'unlock') return unlock(world, options);
  throw new UsageError(command === undefined ? 'Say what to do.' : `There is no command "${command}".`);
}

async function add({ db, clock, print, complain }: World, { phone, name, role = 'admin', email }: Options): Promise<number> {
  if (!name?.trim()) throw new UsageError('Say who it is: --name "...".');
  const known = PERSON_ROLES.find((candidate) => candidate === role);
  if (!known) throw new UsageError(`There is no role ${role}: it is ${PERSON_ROLES.join(', ')}.`);
  if (email !== undefined && !z.email().safeParse(email).success) throw new UsageError('--email is not an e-mail address.');
  const person = { phone: readPhoneOption(phone), name: name.trim(), email, role: known };
  const { other } = await findOtherKeys(db());
  if (other) {
    complain(
      `${other} here is not the one this database was filled with: the site could not find or read this person. Nobody was added; set the site's own.`,
    );
    return 1;
  }
  const { id, added } = await addPerson(db(), person, { actor: ACTOR, now: clock.now() });
  print(`${person.name} is ${added ? 'now' : 'changed and'} ${known}, with the id ${id}. They sign in with a code sent to the phone.`);
  return 0;
}

async function list({ db, print }: World): Promise<number> {
  const lines = (await listAllPeople(db())).map(({ id, phone, role, name, disabledAt }) =>
    [id, phone, role.padEnd(9), (disabledAt ? `disabled ${disabledAt.toISOString().slice(0, 10)}` : 'may sign in').padEnd(19), name].join(
      '  ',
    ),
  );
  print(lines.length > 0 ? lines.join('\n') : 'There is nobody yet: add the first administrator with `npm run admin -- add`.');
  return 0;
}

async function disable({ db, clock, print, complain }: World, { phone }: Options): Promise<number> {
  const done = await disablePerson(db(), readPhoneOption(phone), { actor: ACTOR, now: clock.now() });
  if (done) print('Disabled: the sessions of this person have ended.');
  else complain('Nobody with this phone may sign in as a member or as staff.');
  return done ? 0 : 1;
}

async function unlock({ db, clock, print, complain }: World, { phone }: Options): Promise<number> {
  const done = await unlockPhone(db(), readPhoneOption(phone), { actor: ACTOR, now: clock.now() });
  if (done) print('Unlocked: this phone may be prompted and sent codes again.');
  else complain('This phone was not prompted and got no code in the last day.');
  return done ? 0 : 1;
}

function readPhoneOption(typed = ''): string {
  const phone = readPhone(typed);
  if (!phone) throw new UsageError('Say which phone: --phone, a Kenyan mobile number like 0712345678.');
  return phone;
}

if (import.meta.main)
  await runCommand(runAdmin, () => {
    const { databaseUrl, keys } = dataAccess();
    installKeys(keys);
    return databaseUrl;
  });

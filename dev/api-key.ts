import { parseArgs } from 'node:util';
import { and, eq, isNull, ne } from 'drizzle-orm';
import * as z from 'zod';
import { databaseUrl } from '#ground/config/config.ts';
import type { Db } from '#ground/db/types.ts';
import { createApiKey, listApiKeys, revokeApiKey } from '#people/auth/api-keys.ts';
import { SCOPES, type Scope, STARTS_MONEY_OUT } from '#people/auth/rights.ts';
import { people } from '#people/people/people.schema.ts';
import { runCommand, UsageError, type World, withUsage } from './command.ts';

const USAGE = `API keys for servers and operators. It works on the database that DATABASE_URL names.

  npm run api-key -- create --name "Accountant" --scopes payments:read,invoices:send [--by <person's id>]
  npm run api-key -- list
  npm run api-key -- revoke <id>

Scopes: ${SCOPES.join(', ')}.
A key that may start money out (${STARTS_MONEY_OUT.join(', ')}) needs --by, the administrator or treasurer who makes it, by the id that
\`npm run admin -- list\` shows: they are not the second person for what it asks.
`;

/** The command `npm run api-key`. */
export const runApiKey = withUsage(USAGE, run);

async function run(argv: string[], world: World): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { name: { type: 'string' }, scopes: { type: 'string' }, by: { type: 'string' }, help: { type: 'boolean' } },
  });
  const [command, id, ...more] = positionals;
  if (values.help) {
    world.print(USAGE);
    return 0;
  }
  if (more.length > 0) throw new UsageError(`Too much: ${more.join(' ')}.`);
  if (command !== 'revoke' && id !== undefined) throw new UsageError(`Too much: ${id}.`);
  if (command !== 'create' && (values.name ?? values.scopes ?? values.by) !== undefined)
    throw new UsageError('--name, --scopes and --by belong to create.');
  if (command === 'create') return create(world, values);
  if (command === 'list') return list(world);
  if (command === 'revoke') return revoke(world, id);
  throw new UsageError(command === undefined ? 'Say what to do.' : `There is no command "${command}".`);
}

async function create(
  { db, clock, print, complain }: World,
  { name, scopes: listed, by }: { name?: string; scopes?: string; by?: string },
): Promise<number> {
  if (!name?.trim()) throw new UsageError('Say who the key is for: --name "...".');
  const scopes = readScopes(listed);
  if (by === undefined && STARTS_MONEY_OUT.some((scope) => scopes.includes(scope)))
    throw new UsageError('Say who makes a key that may start money out: --by, with the id that `npm run admin -- list` shows.');
  if (by !== undefined && !z.uuid().safeParse(by).success)
    throw new UsageError('--by is the id of a person: `npm run admin -- list` shows it.');
  if (by !== undefined && !(await isStaff(db(), by))) {
    complain(`Nobody with the id ${by} is an administrator or treasurer of ours.`);
    return 1;
  }
  const { id, token } = await createApiKey(db(), { name: name.trim(), scopes, createdBy: by && `person:${by}`, now: clock.now() });
  print(`${token}\n\nThis is the only time the key is shown. Its id is ${id}; send it as "Authorization: Bearer <key>".`);
  return 0;
}

async function isStaff(db: Db, personId: string): Promise<boolean> {
  const found = await db
    .select({ id: people.id })
    .from(people)
    .where(and(eq(people.id, personId), isNull(people.disabledAt), ne(people.role, 'member')));
  return found.length === 1;
}

function readScopes(text = ''): Scope[] {
  const wanted = [
    ...new Set(
      text
        .split(',')
        .map((scope) => scope.trim())
        .filter(Boolean),
    ),
  ];
  if (wanted.length === 0) throw new UsageError('Say what the key may do: --scopes ...');
  const isScope = (scope: string): scope is Scope => (SCOPES as readonly string[]).includes(scope);
  const strange = wanted.filter((scope) => !isScope(scope));
  if (strange.length > 0) throw new UsageError(`There is no scope ${strange.join(', ')}.`);
  return wanted.filter(isScope);
}

async function list({ db, print }: World): Promise<number> {
  const keys = await listApiKeys(db());
  const lines = keys.map(({ id, name, scopes, createdAt, createdBy, revokedAt }) => {
    const day = (at: Date) => at.toISOString().slice(0, 10);
    return `${id}  ${day(createdAt)}  ${revokedAt ? `revoked ${day(revokedAt)}` : 'in use'.padEnd(18)}  ${scopes.join(',')}  ${name}${createdBy ? `, made by ${createdBy}` : ''}`;
  });
  print(lines.length > 0 ? lines.join('\n') : 'There is no API key yet.');
  return 0;
}

async function revoke({ db, clock, print, complain }: World, id: string | undefined): Promise<number> {
  if (!z.uuid().safeParse(id).success || id === undefined)
    throw new UsageError('Say which key, by its id: `npm run api-key -- list` shows it.');
  const done = await revokeApiKey(db(), { id, now: clock.now() });
  if (done) print(`The key ${id} is revoked.`);
  else complain(`No key ${id} is in use.`);
  return done ? 0 : 1;
}

if (import.meta.main) await runCommand(runApiKey, databaseUrl);

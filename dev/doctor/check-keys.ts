import { createHash } from 'node:crypto';
import { type Check, type Finding, findings } from './finding.ts';

const { ok, warn, fail } = findings('keys');

const MEND = 'Make new ones with `npm run keys`, each used for one thing only.';

/** Whether the keys are good: each used for one thing only, none made up by hand. Says nothing about missing ones, which the configuration check names. */
export const checkKeys: Check = ({ environment }) => {
  const uses = readUses(environment);
  if (uses.length === 0) return [];
  const wrong = [...sharedKeys(uses), ...weakKeys(uses), ...backupKey(environment)];
  return wrong.length > 0 ? wrong : [ok('The keys are apart from each other and look random.')];
};

const backupKey = ({ BACKUP_KEY }: NodeJS.ProcessEnv): Finding[] =>
  BACKUP_KEY?.trim()
    ? [
        warn(
          'BACKUP_KEY is among the variables of the site.',
          'Take it out: it belongs into a safe, and into .env.backup of the machine that makes backups.',
        ),
      ]
    : [];

type Use = { name: string; key: Buffer };

function readUses(environment: NodeJS.ProcessEnv): Use[] {
  return ['CALLBACK_TOKEN_KEY', 'ENCRYPTION_KEYS', 'LOOKUP_KEY', 'SESSION_SECRET'].flatMap((name) =>
    (environment[name] ?? '')
      .split(/[,;\n]/)
      .map((entry) => ({ name, key: Buffer.from(entry.trim().split(':').at(-1) ?? '', 'base64') }))
      .filter(({ key }) => key.length > 0),
  );
}

function sharedKeys(uses: Use[]): Finding[] {
  const users = Map.groupBy(uses, ({ key }) => createHash('sha256').update(key).digest('hex'));
  return [...users.values()]
    .filter((same) => same.length > 1)
    .map((same) => {
      const names = [...new Set(same.map(({ name }) => name))];
      return names.length > 1
        ? fail(`${names.join(' and ')} share a key: who has one could undo the other.`, MEND)
        : warn(`${names[0]} names the same key twice.`, 'Remove the second one.');
    });
}

/** Thirty-two random bytes hold about thirty different ones; a text or a repeated letter does not. */
function weakKeys(uses: Use[]): Finding[] {
  const weak = uses.filter(({ key }) => new Set(key).size < 20 || key.every((byte) => byte >= 0x20 && byte < 0x7f));
  return [...new Set(weak.map(({ name }) => name))].map((name) => fail(`${name} is not random: it looks made up by hand.`, MEND));
}

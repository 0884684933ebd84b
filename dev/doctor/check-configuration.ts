import { readFileSync } from 'node:fs';
import { ConfigError, parseConfig, VARIABLES } from '#ground/config/config.ts';
import { EARLIER_LIMITS } from '#ground/config/limits.ts';
import { renamedVariables } from '#ground/config/renamed.ts';
import { type Check, type Finding, findings } from './finding.ts';

const { ok, warn, fail } = findings('configuration');

const OURS =
  /^(MPESA|ORGANI[SZ]ATION|INVOICE|SENDGRID|ENCRYPTION|LOOKUP|CALLBACK|PAYMENTS?|PROMPTS?|ALERT|SESSION|SMS|AFRICASTALKING|TWILIO|CODES|LIMITS?|HEARTBEAT|ERROR|RETAIN)_/;

/** Whether the site would start: everything missing, wrong or contradictory, names that look like slips of the pen, and values pasted with their quotes. */
export const checkConfiguration: Check = ({ environment }) => {
  const wrong = refusals(environment);
  const odd = [...slips(environment), ...pastedBadly(environment)];
  return wrong.length > 0 ? [...wrong, ...odd] : [ok('Every variable that is needed is set and readable.'), ...odd];
};

function refusals(environment: NodeJS.ProcessEnv): Finding[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const explained = readExplanations();
    return error.findings.map((says) => fail(`${says}.`, mendFor(says, explained)));
  }
}

function mendFor(says: string, explained: ReturnType<typeof readExplanations>): string {
  const name = /^[A-Z][A-Z0-9_]*/.exec(says)?.[0] ?? '';
  if (says.includes(' is not needed any more')) return `Remove ${name}.`;
  if (says.includes(' is now ')) return `Remove ${name} and set the new name.`;
  return `Set ${name}: ${explained.get(name)?.comment.replace(/ Required\.$/, '') ?? 'see .env.example.'}`;
}

function slips(environment: NodeJS.ProcessEnv): Finding[] {
  const old = renamedVariables(environment).map((says) => says.split(' ')[0]);
  const unread = Object.keys(environment).filter((name) => OURS.test(name) && !VARIABLES.includes(name) && !old.includes(name));
  return unread.map((name) => {
    const now = EARLIER_LIMITS.find(([earlier]) => earlier === name)?.[1];
    if (now) return warn(`${name} is called ${now} now; it still counts.`, `Rename it to ${now}.`);
    const meant = nearestName(name, VARIABLES);
    return meant
      ? warn(`${name} is not read: ${meant} was probably meant.`, `Rename it to ${meant}.`)
      : warn(`${name} is not read.`, 'Remove it, or look its name up in .env.example.');
  });
}

function pastedBadly(environment: NodeJS.ProcessEnv): Finding[] {
  const names = VARIABLES.filter((name) => /^["'`]|["'`]$/.test(environment[name]?.trim() ?? ''));
  return names.map((name) => warn(`${name} begins or ends with a quote.`, `Paste ${name} again without it.`));
}

const EXAMPLE = new URL('../../.env.example', import.meta.url);
const VARIABLE = /^([A-Z][A-Z0-9_]*)=(.*)$/;

/** What `.env.example` says about each variable: the comment right above it in one line, and the value it shows. */
export function readExplanations(text = readFileSync(EXAMPLE, 'utf8')): Map<string, { comment: string; value: string }> {
  const explained = new Map<string, { comment: string; value: string }>();
  let comment: string[] = [];
  for (const line of text.split('\n')) {
    const [, name, value = ''] = VARIABLE.exec(line) ?? [];
    if (name) explained.set(name, { comment: comment.join(' '), value });
    comment = line.startsWith('#') ? [...comment, line.replace(/^#+ ?/, '')] : [];
  }
  return explained;
}

/** The name that `typed` was probably meant to be: the one with the fewest letters to change, if they are few. */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  const [best] = names.map((name) => ({ name, changes: countChanges(typed, name) })).sort((a, b) => a.changes - b.changes);
  return best && best.changes <= Math.max(2, Math.floor(typed.length / 5)) ? best.name : undefined;
}

/** Letters to insert, remove or replace to turn one into the other. */
function countChanges(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

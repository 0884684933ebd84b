import { ConfigError, parseConfig, VARIABLES } from '#ground/config/config.ts';
import { EARLIER_LIMITS } from '#ground/config/limits.ts';
import { renamedVariables } from '#ground/config/renamed.ts';
import { readExplanations } from './explanations.ts';
import { type Check, type Finding, findings } from './finding.ts';
import { nearestName } from './nearest-name.ts';

const { ok, warn, fail } = findings('configuration');

const OURS =
  /^(MPESA|ORGANI[SZ]ATION|INVOICE|SENDGRID|ENCRYPTION|LOOKUP|CALLBACK|PAYMENTS?|PROMPTS?|ALERT|SESSION|SMS|AFRICASTALKING|TWILIO|CODES|LIMITS?)_/;

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

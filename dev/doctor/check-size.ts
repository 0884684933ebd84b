import { VARIABLES } from '#ground/config/config.ts';
import { type Check, findings } from './finding.ts';

const { ok, warn, fail } = findings('size of the environment');

/** What all variables of a function may take together (AWS Lambda's limit, which is Netlify's). */
const MOST_BYTES = 4_096;
/** Netlify adds variables of its own. */
const RESERVED_BYTES = 400;

/** Whether the variables fit: names and values of everything that is ours to set, on Netlify 4 KB in all. */
export const checkSize: Check = ({ environment }) => {
  const set = Object.entries(environment).filter(
    ([name, value]) => value && (VARIABLES.includes(name) || name.startsWith('NETLIFY_DATABASE_')),
  );
  const bytes = set.reduce((sum, [name, value]) => sum + Buffer.byteLength(`${name}${value}`), 0);
  const says = `Malipo's variables take ${bytes} of the ${MOST_BYTES} bytes that Netlify gives a function for all of them.`;
  const mend =
    'Shorten ORGANISATION_ADDRESS, SITE_ORIGINS or MPESA_CALLBACK_IPS, drop old keys, and give other variables of the site the scope "Builds".';
  if (bytes > MOST_BYTES) return [fail(says, mend)];
  return [bytes > MOST_BYTES - RESERVED_BYTES ? warn(says, mend) : ok(says)];
};

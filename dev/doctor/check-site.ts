import * as z from 'zod';
import { readJsonObject } from '#mpesa/daraja/read-json-object.ts';
import { type Check, type Finding, findings } from './finding.ts';

const { ok, warn, fail } = findings('site');

const Health = z.object({
  status: z.literal('ok'),
  keepsElsewhere: z.boolean().default(true), // an earlier release does not say
});
/** Whether the site is up and works off what is due, by its health page. Before the first deploy there is none, which is no failure. */
export const checkSite: Check = async ({ environment, fetch, timeoutMs }) => {
  const given = environment.SITE_URL || environment.URL || '';
  if (!URL.canParse(given)) return [];
  const { origin, host } = new URL(given);
  try {
    const response = await fetch(`${origin}/api/health`, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
    return judge(response.status, await response.text(), host);
  } catch {
    return [warn(`${host} does not answer.`, 'Deploy the site first; if it is deployed, check SITE_URL and its domain.')];
  }
};

/** What the page says of itself where it is not well; an earlier release does not say. */
const Failing = z.object({ status: z.literal('failing'), reasons: z.array(z.string()) });

function judge(status: number, body: string, host: string): Finding[] {
  const failing = Failing.safeParse(readJsonObject(body));
  if (status === 503 && failing.success)
    return failing.data.reasons.map((reason) => fail(`${host} is not well. ${reason}`, 'See docs/operations.md, "Health".'));
  if (status === 503)
    return [
      fail(`${host} is up but does not reach its database.`, "Check DATABASE_URL in Netlify's own settings, for the production context."),
    ];
  if (status >= 500)
    return [fail(`${host} fails with ${status}.`, 'Read the log of the function `read-health` in Netlify: it names what is missing.')];
  const health = Health.safeParse(readJsonObject(body));
  if (status !== 200 || !health.success)
    return [warn(`${host} answers, but has no health page (${status}).`, 'Deploy Malipo there, or correct SITE_URL.')];
  const { keepsElsewhere } = health.data;
  const found: Finding[] = [ok(`${host} is up and reaches its database.`)];
  if (!keepsElsewhere)
    found.push(
      warn(
        'There are no Netlify Blobs: what Safaricom tells while the database is away is not kept.',
        'See docs/troubleshooting.md, "There are no Netlify Blobs".',
      ),
    );
  return found;
}

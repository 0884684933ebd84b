import { isIP } from 'node:net';
import { type Check, type Finding, findings } from './finding.ts';

const { ok, warn, fail } = findings('callback address');

const FORBIDDEN = ['mpesa', 'm-pesa', 'safaricom', 'sql', 'query', 'exe', 'cmd'];
const NOWHERE = /(^|\.)(localhost|local|internal|lan|home|test|invalid|example|example\.(com|org|net))$/;
const PRIVATE =
  /^(10|127|0)\.|^169\.254\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|^\[(::1?|f[cd]|fe80)/i;
const TUNNEL = /\.(ngrok(-free)?\.(app|dev|io)|trycloudflare\.com|loca\.lt)$/;

/** Whether Safaricom can call us back: a public https address without the words it refuses. Only the address is judged; the check of the site calls it. */
export const checkCallbackUrl: Check = ({ environment }) => {
  const given = environment.SITE_URL || environment.URL || '';
  if (!URL.canParse(given)) return [];
  const url = new URL(given);
  if (isSimulated(environment)) return [ok('Callbacks come from a simulator: any address that it reaches will do.')];
  const wrong = [...reach(url, environment), ...words(given, url)];
  return wrong.length > 0 ? wrong : [ok(`Safaricom will call back https://${url.host}/api/callbacks/stk/...`)];
};

/** Whether a simulator stands in for Safaricom: a base address is set, which production refuses. */
const isSimulated = ({ MPESA_ENV, MPESA_BASE_URL }: NodeJS.ProcessEnv) => MPESA_ENV !== 'production' && Boolean(MPESA_BASE_URL);

function reach(url: URL, { MPESA_ENV }: NodeJS.ProcessEnv): Finding[] {
  const { hostname } = url;
  const mend = 'Set SITE_URL to the public https address of the site, such as https://your-site.netlify.app.';
  if (NOWHERE.test(hostname) || PRIVATE.test(hostname))
    return [fail(`SITE_URL names ${hostname}, which Safaricom cannot reach: every payment would wait for a query.`, mend)];
  const wrong: Finding[] = [];
  if (url.protocol !== 'https:') wrong.push(fail('SITE_URL is not https: Safaricom calls back https addresses only.', mend));
  if (isIP(hostname.replace(/^\[|\]$/g, ''))) wrong.push(warn('SITE_URL is a bare address: its certificate will hardly be trusted.', mend));
  if (MPESA_ENV === 'production' && TUNNEL.test(hostname))
    wrong.push(warn('SITE_URL is a tunnel: Safaricom blocks most of them, and it ends with your computer.', mend));
  if (/^deploy-preview-|--/.test(hostname))
    wrong.push(warn('SITE_URL names one deploy, not the site: callbacks would go there for good.', mend));
  return wrong;
}

function words(given: string, url: URL): Finding[] {
  const wrong: Finding[] = [];
  const forbidden = FORBIDDEN.filter((word) => url.hostname.includes(word));
  if (forbidden.length > 0)
    wrong.push(
      warn(
        `The host of SITE_URL contains ${forbidden.map((word) => `"${word}"`).join(', ')}: Safaricom refuses such addresses for paybill notices, and may for prompts.`,
        'Give the site another name in Netlify (Domain management), or a domain without the word.',
      ),
    );
  if (/[A-Z]/.test(/^https?:\/\/([^/]*)/i.exec(given)?.[1] ?? ''))
    wrong.push(warn('The host of SITE_URL has upper-case letters, which Safaricom has been seen to refuse.', 'Write it in lower case.'));
  return wrong;
}

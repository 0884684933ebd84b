/** Deploys of a branch or a pull request: anybody's code, at its own address. */
const PREVIEWS: readonly (string | undefined)[] = ['deploy-preview', 'branch-deploy'];

/** Whether Netlify's context is that of such a deploy. */
export const isPreview = (context: string | undefined): boolean => PREVIEWS.includes(context);

/** The site's address: SITE_URL, or else Netlify's URL. For a preview always its own, since both of these are production's. */
export const siteUrl = (set: NodeJS.ProcessEnv): string | undefined =>
  isPreview(set.CONTEXT) ? set.DEPLOY_PRIME_URL : (set.SITE_URL ?? set.URL);

const LOCAL = ['127.0.0.1', 'localhost'];

/** Where we may call addresses that somebody else has named: loopback only where the site itself is on it, in the local world. */
export const outboundRules = (site: string, environment: 'sandbox' | 'production') => {
  const { host, hostname } = new URL(site);
  return { allowsLoopback: environment === 'sandbox' && LOCAL.includes(hostname), ownHost: host };
};

const NOWHERE = /^(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\])$|\.(localhost|local|internal)$/;

/** What is wrong with the site's address. */
export function siteContradictions(set: NodeJS.ProcessEnv): [boolean, string][] {
  const live = set.MPESA_ENV === 'production';
  const site = URL.canParse(set.SITE_URL ?? '') ? new URL(set.SITE_URL ?? '') : undefined;
  const insecure = site?.protocol === 'http:';
  const local = site !== undefined && LOCAL.includes(site.hostname);
  return [
    [live && insecure, 'SITE_URL must be https in production: Safaricom calls it back'],
    [
      live && !insecure && NOWHERE.test(site?.hostname ?? ''),
      'SITE_URL names this machine in production: Safaricom calls back public addresses only',
    ],
    [
      live && site !== undefined && `${site.pathname}${site.search}${site.hash}` !== '/',
      'SITE_URL has a path: in production it is the address of the site alone, such as https://duka.co.ke',
    ],
    [!live && !local && insecure, 'SITE_URL must be https (http is for 127.0.0.1 only)'],
    [live && isPreview(set.CONTEXT), 'MPESA_ENV=production is refused on deploy previews: set it for the production context only'],
    [
      Number(set.CLOCK_AHEAD_SECONDS ?? 0) > 0 && (live || !local),
      'CLOCK_AHEAD_SECONDS is for the local world only: penalties and reminders of days that have not come would be real',
    ],
  ];
}

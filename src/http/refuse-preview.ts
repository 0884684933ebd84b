import type { Context } from '@netlify/functions';
import { ConfigError } from '#ground/config/config.ts';
import type { Core } from '#mpesa/wiring/app.ts';

const PREVIEWS = new Set(['deploy-preview', 'branch-deploy']);

/**
 * Returns `wired`, unless this is a deploy preview that is configured for production's M-PESA, or that does not know its own address, so that Safaricom would call
 * back production's. Throws `ConfigError` then: a stranger's pull request must not move money.
 */
export function refusePreview<Wired extends Core>(wired: Wired, { deploy }: Partial<Pick<Context, 'deploy'>>): Wired {
  if (!PREVIEWS.has(deploy?.context ?? '')) return wired;
  if (wired.config.mpesa.environment === 'production')
    throw new ConfigError(['MPESA_ENV=production is refused on deploy previews: set it for the production context only']);
  if (!wired.config.site.isPreview)
    throw new ConfigError([
      'This deploy preview does not know its own address: `npm run build` takes it from DEPLOY_PRIME_URL, which Netlify sets',
    ]);
  return wired;
}

import type { Context } from '@netlify/functions';
import { ConfigError } from '../config.ts';
import type { Core } from '../core.ts';

const PREVIEWS = new Set(['deploy-preview', 'branch-deploy']);

/** Returns what it was given, unless production's M-PESA was given to a deploy preview: a stranger's pull request must not move money. */
export function refusePreview<Wired extends Core>(wired: Wired, { deploy }: Partial<Pick<Context, 'deploy'>>): Wired {
  if (wired.config.mpesa.environment === 'production' && PREVIEWS.has(deploy?.context ?? ''))
    throw new ConfigError(['MPESA_ENV=production is refused on deploy previews: set it for the production context only']);
  return wired;
}

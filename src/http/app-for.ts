import type { Context } from '@netlify/functions';
import { type App, app } from '../app.ts';
import { ConfigError } from '../config.ts';

const PREVIEWS = new Set(['deploy-preview', 'branch-deploy']);

/** The application for a call. A deploy preview that was given production's M-PESA refuses to work: a stranger's pull request must not move money. */
export function appFor({ deploy }: Partial<Pick<Context, 'deploy'>>): App {
  const current = app();
  if (current.config.mpesa.environment === 'production' && PREVIEWS.has(deploy?.context ?? ''))
    throw new ConfigError(['MPESA_ENV=production is refused on deploy previews: set it for the production context only']);
  return current;
}

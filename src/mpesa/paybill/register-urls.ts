import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';
import { isRegistrable } from '../daraja/c2b-register.ts';
import { DarajaError } from '../daraja/errors.ts';
import type { App } from '../wiring/app.ts';
import { paybillUrls } from './paybill-address.ts';

/** The version of Safaricom's notices: v2 masks the payer's phone, v1 hashes it. */
export const RegisterUrlsInput = z.strictObject({ version: z.enum(['v1', 'v2']).default('v2') });

/**
 * Registers our addresses for validations and confirmations with Safaricom. In production this works once, and later calls are refused as
 * `urls_already_registered`; the sandbox accepts every one. Throws `address_refused`, `provider_refused`, `provider_unavailable`. Safe to
 * repeat.
 */
export async function registerUrls(
  { daraja, db, clock, config }: Pick<App, 'daraja' | 'db' | 'clock' | 'config'>,
  { version }: z.output<typeof RegisterUrlsInput>,
  { caller }: Pick<Call, 'caller'>,
) {
  const urls = paybillUrls(config);
  if (!isRegistrable(urls.confirmationUrl))
    throw new AppError(
      'address_refused',
      `The address ${config.site.url} contains a word that Safaricom refuses for paybill notices (mpesa, safaricom, exe, cmd, sql, query): give the site another name, and set SITE_URL.`,
    );
  const { responseType } = config.paybill;
  await daraja.registerC2bUrls({ version, responseType, ...urls }).catch((error: unknown) => {
    throw error instanceof DarajaError ? explain(error) : error;
  });
  await db.execute(
    recordSql({
      actor: caller.id,
      action: 'paybill_urls_registered',
      subject: sql`${config.mpesa.shortcode}::text`,
      before: sql`null::jsonb`,
      after: sql`jsonb_build_object('version', ${version}::text, 'responseType', ${responseType}::text)`,
      happenedAt: clock.now(),
      from: sql`(select) as always`,
    }),
  );
  return { shortcode: config.mpesa.shortcode, version, responseType, registered: true };
}

function explain(error: DarajaError): AppError {
  if (error.reason === 'already_registered')
    return new AppError(
      'urls_already_registered',
      'Addresses are registered for this short code already, and in production that works once. If they are those of this site, nothing has to be done. Otherwise delete them in the M-PESA portal (Self Services, URL Management; a second operator confirms), then register again.',
      {},
      { cause: error },
    );
  const why = [error.reason, error.errorCode, error.errorMessage].filter(Boolean).join(', ');
  return error.kind === 'refused'
    ? new AppError(
        'provider_refused',
        `Safaricom refused the addresses (${why}). \`npm run doctor\` looks for the cause.`,
        {},
        { cause: error },
      )
    : new AppError(
        'provider_unavailable',
        `Safaricom did not answer clearly (${why}): register again. That is safe.`,
        {},
        { cause: error },
      );
}

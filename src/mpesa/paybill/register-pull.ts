import { sql } from 'drizzle-orm';
import { recordSql } from '#ground/audit/record.ts';
import { AppError } from '#ground/errors.ts';
import { DarajaError } from '../daraja/errors.ts';
import type { App } from '../wiring/app.ts';

/**
 * Registers the short code for pulling; once is enough, and repeating it is safe. Throws `pull_number_missing`, `provider_refused`, `provider_unavailable`. Only a
 * pull with rows shows that it worked: Safaricom answers the same for an unregistered code and for one without payments.
 */
export async function registerPull(
  { daraja, db, clock, config }: Pick<App, 'daraja' | 'db' | 'clock' | 'config'>,
  actor: string,
): Promise<'registered' | 'already registered'> {
  const phone = config.paybill.pullNumber;
  if (!phone) throw new AppError('pull_number_missing', 'Set MPESA_PULL_NUMBER to the number in the papers of the short code.');
  const state = await daraja.registerPull({ phone, callbackUrl: `${config.site.url}/api/health` }).catch((error: unknown) => {
    if (!(error instanceof DarajaError)) throw error;
    const why = [error.reason, error.errorCode, error.errorMessage].filter(Boolean).join(', ');
    const [code, words] =
      error.kind === 'refused'
        ? ([
            'provider_refused',
            `Safaricom refused to open the payments for pulling (${why}). Many apps lack the product: ask apisupport.`,
          ] as const)
        : (['provider_unavailable', `Safaricom did not answer clearly (${why}): try again. That is safe.`] as const);
    throw new AppError(code, words, {}, { cause: error });
  });
  await db.execute(
    recordSql({
      ...{ actor, action: 'pull_registered', subject: sql`${config.mpesa.shortcode}::text`, happenedAt: clock.now() },
      ...{ before: sql`null::jsonb`, after: sql`to_jsonb(${state}::text)`, from: sql`(select) as always` },
    }),
  );
  return state;
}

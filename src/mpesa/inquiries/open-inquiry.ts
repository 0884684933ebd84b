import { type SQL, sql } from 'drizzle-orm';
import { recordSql } from '#ground/audit/record.ts';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { instantSql } from '#ground/db/rows.ts';
import { AppError, type ErrorCode } from '#ground/errors.ts';
import { DarajaError, type DarajaReason } from '../daraja/errors.ts';
import type { Acknowledged, ResultUrls } from '../daraja/initiator.ts';
import type { App } from '../wiring/app.ts';
import type { INQUIRY_KINDS } from './inquiries.schema.ts';

/** An inquiry to be sent: who asks (a caller, `clock`, an attempt or a notice), of which kind, and about what. */
export type Question = {
  id: string;
  kind: (typeof INQUIRY_KINDS)[number];
  askedBy: string;
  receipt?: string | undefined;
  originatorConversationId?: string | undefined;
};

/** The short code whose initiator asks. Throws `initiator_not_configured`. */
export function askingShortcode({ config }: Pick<App, 'config'>): string {
  if (!config.initiator) throw initiatorMissing();
  return config.initiator.shortcode ?? config.mpesa.shortcode;
}

/** Records an inquiry before it is sent, with a line in the audit trail when a person asks. Writes nothing where `where` is false. Yields its id. */
export const writeInquirySql = (question: Question, shortcode: string, now: Date, where: SQL = sql`true`): SQL => sql`
  with written as (
    insert into inquiries (id, kind, state, asked_by, asked_at, shortcode, receipt, originator_conversation_id)
    select ${question.id}::uuid, ${question.kind}, 'asked', ${question.askedBy}, ${instantSql(now)}, ${shortcode},
      ${question.receipt ?? null}::text, ${question.originatorConversationId ?? null}::text
    where ${where}
    returning id, asked_by
  ), audited as (
    ${recordSql({
      actor: question.askedBy,
      action: question.kind === 'account-balance' ? 'balance_asked' : 'transaction_status_asked',
      subject: sql`id::text`,
      before: sql`null::jsonb`,
      after: sql`null::jsonb`,
      happenedAt: now,
      from: sql`written where asked_by <> 'clock' and asked_by not like 'attempt:%'`,
    })}
  )
  select id from written`;

/**
 * Sends Safaricom a recorded inquiry, and records a refusal. Throws `provider_refused` or `provider_unavailable` when it certainly was not accepted; after an
 * unclear failure only an answer shows that it was. Safe to repeat: an inquiry moves no money.
 */
export async function sendInquiry(app: App, { id, kind }: Question, ask: (urls: ResultUrls) => Promise<Acknowledged>): Promise<void> {
  const url = `${app.config.site.url}/api/callbacks/${kind}/${makeCallbackToken(app.config.callback.tokenKeys, kind, id)}`;
  try {
    const { conversationId } = await ask({ resultUrl: `${url}/result`, timeoutUrl: `${url}/timeout` });
    await app.db.execute(sql`update inquiries set conversation_id = ${conversationId} where id = ${id}::uuid`);
  } catch (error) {
    if (!(error instanceof DarajaError)) throw error;
    app.log.warn('inquiry_not_taken', { inquiryId: id, failure: error.kind, reason: error.reason, errorCode: error.errorCode });
    if (error.kind === 'unclear') return;
    await app.db.execute(
      sql`update inquiries set state = 'refused', refusal = ${error.reason} where id = ${id}::uuid and state in ('asked', 'timed_out')`,
    );
    throw new AppError(...refusedInquiry(error.reason), { inquiryId: id });
  }
}

const initiatorMissing = (): AppError =>
  new AppError(
    'initiator_not_configured',
    'Set MPESA_INITIATOR_NAME, MPESA_INITIATOR_PASSWORD and MPESA_CERTIFICATE to ask Safaricom about transactions and balances.',
  );

/** Refusals that we have to correct: the same inquiry would be refused again. */
const REFUSED: Partial<Record<DarajaReason, string>> = {
  wrong_credentials: 'Safaricom does not accept our keys or our initiator. `npm run doctor` says which.',
  invalid_token: 'Safaricom refused our token: the app may lack the product for this question.',
  merchant_not_allowed: 'The app at Safaricom has no product for this question: add it at developer.safaricom.co.ke.',
  initiator_locked: 'Safaricom has locked our initiator: an administrator of the M-PESA organisation portal has to unlock it.',
  not_configured: 'The certificate does not fit the initiator: MPESA_CERTIFICATE is the one of the same environment.',
  invalid_callback_url: 'Safaricom refused our callback address: look at SITE_URL.',
  bad_request: 'Safaricom refused the question as it is.',
};

/** The error for an inquiry that Safaricom certainly did not accept: 502 where something has to be corrected, 503 where asking later will do. */
function refusedInquiry(reason: DarajaReason): [ErrorCode, string] {
  const mend = REFUSED[reason];
  return mend ? ['provider_refused', mend] : ['provider_unavailable', 'Safaricom could not be reached just now. Try again in a minute.'];
}

import { AppError, type ErrorCode } from '#ground/errors.ts';
import type { DarajaReason } from '../daraja/errors.ts';

/** No inquiry without an initiator. */
export const initiatorMissing = (): AppError =>
  new AppError(
    'initiator_not_configured',
    'Set MPESA_INITIATOR_NAME, MPESA_INITIATOR_PASSWORD and MPESA_CERTIFICATE to ask Safaricom about transactions and balances.',
  );

/** For us to correct: the same inquiry would be refused again. */
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
export function refusedInquiry(reason: DarajaReason): [ErrorCode, string] {
  const mend = REFUSED[reason];
  return mend ? ['provider_refused', mend] : ['provider_unavailable', 'Safaricom could not be reached just now. Try again in a minute.'];
}

/** Why a call to Safaricom failed, in one word for the caller to branch on. */
export type DarajaReason =
  | 'subscriber_locked'
  | 'throttled'
  | 'blocked_by_firewall'
  | 'wrong_credentials'
  | 'invalid_token'
  | 'no_token'
  | 'invalid_phone'
  | 'invalid_amount'
  | 'invalid_callback_url'
  | 'not_on_network'
  | 'merchant_not_allowed'
  | 'initiator_locked'
  | 'already_registered'
  | 'not_configured'
  | 'bad_request'
  | 'unreachable'
  | 'still_processing'
  | 'unknown_transaction'
  | 'duplicate_request'
  | 'maintenance'
  | 'timed_out'
  | 'connection_lost'
  | 'unreadable_answer'
  | 'server_error';

/** One failed exchange: `refused` proves that Safaricom did nothing; after `unclear` it may have acted or not. */
export type DarajaFailure = {
  kind: 'refused' | 'unclear';
  reason: DarajaReason;
  httpStatus?: number;
  errorCode?: string;
  errorMessage?: string;
};

/**
 * A call to Safaricom that gave no usable answer. `refused`: certainly nothing happened, a new try is harmless.
 * `unclear`: it may have happened, so look before repeating. Carries no secret, token, phone number or body.
 */
export class DarajaError extends Error {
  override name = 'DarajaError';
  readonly kind: 'refused' | 'unclear';
  readonly reason: DarajaReason;
  readonly httpStatus?: number;
  readonly errorCode?: string;
  readonly errorMessage?: string;

  constructor(failure: DarajaFailure, detail?: string) {
    const facts = [detail, failure.errorCode, failure.httpStatus && `HTTP ${failure.httpStatus}`].filter(Boolean).join(', ');
    super(`Safaricom call ${failure.kind}: ${failure.reason}${facts && ` (${facts})`}`);
    this.kind = failure.kind;
    this.reason = failure.reason;
    if (failure.httpStatus !== undefined) this.httpStatus = failure.httpStatus;
    if (failure.errorCode !== undefined) this.errorCode = failure.errorCode;
    if (failure.errorMessage !== undefined) this.errorMessage = failure.errorMessage;
  }
}

const STATUS = {
  invalid_input: 400,
  invalid_idempotency_key: 400,
  unauthorized: 401,
  code_refused: 401,
  forbidden: 403,
  not_found: 404,
  payment_not_found: 404,
  invoice_not_found: 404,
  deposit_not_found: 404,
  payout_not_found: 404,
  bulk_not_found: 404,
  booking_not_found: 404,
  inquiry_not_found: 404,
  member_not_found: 404,
  account_not_found: 404,
  product_not_found: 404,
  loan_not_found: 404,
  repayment_not_found: 404,
  penalty_not_found: 404,
  waiver_not_found: 404,
  entry_not_found: 404,
  statement_not_found: 404,
  letter_not_found: 404,
  task_not_found: 404,
  person_not_found: 404,
  session_not_found: 404,
  key_not_found: 404,
  receipt_not_found: 404,
  webhook_not_found: 404,
  webhook_event_not_found: 404,
  method_not_allowed: 405,
  request_in_flight: 409,
  prompt_open: 409,
  already_paid: 409,
  payment_being_checked: 409,
  payment_returned: 409,
  still_checking: 409,
  external_reference_used: 409,
  subscriber_locked: 409,
  urls_already_registered: 409,
  nothing_in_suspense: 409,
  not_matched: 409,
  deposit_refuted: 409,
  deposit_not_refuted: 409,
  pull_number_missing: 422,
  receipt_unconfirmed: 409,
  reversed_elsewhere: 409,
  receipt_moved: 409,
  payer_changed: 409,
  payout_decided: 409,
  payout_under_way: 409,
  payout_not_unknown: 409,
  copy_unclaimed: 409,
  payouts_stopped: 409,
  payouts_running: 409,
  bulk_repeated: 409,
  bulk_changed: 409,
  bulk_decided: 409,
  bulk_ended: 409,
  booking_expired: 409,
  booking_not_held: 409,
  booking_disputed: 409,
  booking_not_decided: 409,
  booking_decided: 409,
  already_a_member: 409,
  national_id_used: 409,
  loan_decided: 409,
  loan_not_approved: 409,
  loan_not_active: 409,
  loan_under_way: 409,
  too_many_applications: 409,
  own_loan: 403,
  own_account: 403,
  not_a_member: 403,
  repayment_reversed: 409,
  money_already_moved: 409,
  waiver_decided: 409,
  entry_decided: 409,
  top_up_not_proved: 409,
  entry_not_shown: 409,
  paid_out_not_shown: 409,
  receipt_known: 409,
  statement_known: 409,
  statement_not_waiting: 409,
  statement_not_signed: 409,
  statement_not_whole: 409,
  statement_does_not_join: 409,
  statement_of_other_shortcode: 409,
  part_differs: 409,
  letter_not_dead: 409,
  letter_must_stay: 409,
  letter_unreadable: 409,
  task_closed: 409,
  person_known: 409,
  person_anonymised: 409,
  not_yourself: 403,
  key_revoked: 409,
  key_has_maker: 409,
  receipt_decided: 409,
  receipt_day_differs: 422,
  nothing_to_ask: 409,
  task_money_waits: 409,
  webhook_disabled: 409,
  too_many_webhooks: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  key_reused: 422,
  bulk_unreadable: 422,
  amount_mismatch: 422,
  deposit_too_small: 422,
  address_refused: 422,
  webhook_address_refused: 422,
  amount_out_of_range: 422,
  unknown_item: 422,
  unknown_reference: 422,
  unknown_shortcode: 422,
  loan_out_of_range: 422,
  no_phone: 422,
  assignee_refused: 422,
  waiver_too_large: 422,
  price_is_fixed: 422,
  donation_amount_required: 422,
  donation_out_of_range: 422,
  not_a_donation: 422,
  type_not_offered: 422,
  phone_refused: 422,
  phone_not_yours: 422,
  under_age: 422,
  no_email: 422,
  second_person_needed: 403,
  refund_too_large: 422,
  refund_impossible: 422,
  payer_unknown: 422,
  provider_unknown: 422,
  insufficient_float: 422,
  payouts_not_configured: 503,
  initiator_not_configured: 503,
  too_many_prompts: 429,
  too_many_bookings: 429,
  too_many_codes: 429,
  too_many_requests: 429,
  daily_cap: 429,
  provider_refused: 502,
  provider_unavailable: 503,
  database_unreachable: 503,
} as const;

const TITLES: Partial<Record<ErrorCode, string>> = {
  invalid_input: 'The request cannot be read as it is',
  key_reused: 'This Idempotency-Key was used with another body',
  too_many_prompts: 'Too many payment requests for this phone',
  payer_unknown: 'A refund goes to the phone that paid',
  database_unreachable: 'Not possible at this moment',
};

/** The machine-readable name of a failure that a caller may see. */
export type ErrorCode = keyof typeof STATUS;

/** An RFC 9457 problem, before it is written to an answer. */
export type Problem = { type: string; title: string; status: number; code: ErrorCode; detail: string } & Record<string, unknown>;

/**
 * A failure that the caller may see: `message` says in a sentence what to change. Anything else that is thrown is a bug and becomes a bare
 * 500.
 */
export class AppError extends Error {
  override name = 'AppError';
  readonly code: ErrorCode;
  readonly extra: Record<string, unknown>;
  constructor(code: ErrorCode, message: string, extra: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.extra = extra;
  }
  get status(): number {
    return STATUS[this.code];
  }
  toProblem(): Problem {
    const title = TITLES[this.code] ?? `${this.code[0]?.toUpperCase()}${this.code.slice(1).replaceAll('_', ' ')}`;
    return { type: `urn:malipo:problem:${this.code}`, title, status: this.status, code: this.code, detail: this.message, ...this.extra };
  }
}

/** The status of a failure with this code. */
export const statusOf = (code: ErrorCode): number => STATUS[code];

/** Whether a name is one of the codes above: checks the database's `refuse(code)`. */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(STATUS, code);

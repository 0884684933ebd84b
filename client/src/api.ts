/* Made of the description of the API by `npm run docs:client`: change that. Amounts are Kenyan shillings, times ISO 8601. */

export type PromptInput = {
  /** A Kenyan mobile number, such as 0712 345 678 or 254712345678. */
  phoneNumber: string;
  /** The id of a payment. */
  paymentId?: string | undefined;
  /** The id of a booking. */
  bookingId?: string | undefined;
  type?: string | undefined;
  /** What it is about; for a payment into savings or a loan, its reference. */
  subject?: string | undefined;
  items?: Array<{
    /** The name of an item in the price list. */
    sku: string;
    quantity?: number | undefined;
    /** Kenyan shillings. */
    amount?: number | undefined;
  }> | undefined;
  /** Kenyan shillings. */
  amount?: number | undefined;
  email?: string | undefined;
  name?: string | undefined;
  /** The language of messages and words: `en` or `sw`. */
  language?: 'en' | 'sw' | undefined;
  /** Your own name for it. It is used once. */
  externalReference?: string | undefined;
  /** What the shop wants to remember, at most 20 entries. */
  metadata?: Record<string, string | number | boolean> | undefined;
};

export type PaymentQuery = {
  status?: 'pending' | 'unknown' | 'paid' | 'failed' | 'expired' | 'reversed' | 'refunded' | undefined;
  type?: string | undefined;
  /** A Kenyan mobile number, such as 0712 345 678 or 254712345678. */
  phoneNumber?: string | undefined;
  email?: string | undefined;
  /** M-PESA's code of a movement of money, such as UKL7XYZ123. */
  receipt?: string | undefined;
  /** Your own name for it. It is used once. */
  externalReference?: string | undefined;
  /** The id of one prompt of a payment. */
  attemptId?: string | undefined;
  /** `visitor`, or `key:<id>`. */
  caller?: string | undefined;
  /** The first day, in Nairobi. */
  from?: string | undefined;
  /** The last day, in Nairobi; or to whom. */
  to?: string | undefined;
  /** How many of a page. */
  limit?: number | undefined;
};

export type BookingInput = {
  /** The name of an item in the price list. */
  sku: string;
  /** A Kenyan mobile number, such as 0712 345 678 or 254712345678. */
  phoneNumber: string;
  email?: string | undefined;
  name?: string | undefined;
  /** The language of messages and words: `en` or `sw`. */
  language?: 'en' | 'sw' | undefined;
  /** What the shop wants to remember, at most 20 entries. */
  metadata?: Record<string, string | number | boolean> | undefined;
  /** Your own name for it. It is used once. */
  externalReference?: string | undefined;
  providerPhoneNumber?: string | undefined;
  /** After how many hours the booking expires unless it is paid. */
  expiresInHours?: number | undefined;
  /** What becomes of the fee when nobody decides in time. */
  autoResolve?: {
    action: 'release';
    /** The last day, in Nairobi; or to whom. */
    to: 'income';
    afterHours: number;
  } | {
    action: 'release';
    /** The last day, in Nairobi; or to whom. */
    to: 'provider';
    /** What the organisation keeps of the fee, in shillings. */
    keep?: number | undefined;
    afterHours: number;
  } | {
    action: 'refund';
    afterHours: number;
  } | undefined;
};

export type BookingDecision = {
  action: 'release';
  /** The last day, in Nairobi; or to whom. */
  to: 'income';
} | {
  action: 'release';
  /** The last day, in Nairobi; or to whom. */
  to: 'provider';
  /** What the organisation keeps of the fee, in shillings. */
  keep?: number | undefined;
  /** A Kenyan mobile number, such as 0712 345 678 or 254712345678. */
  phoneNumber?: string | undefined;
} | {
  action: 'refund';
  /** Kenyan shillings. */
  amount?: number | undefined;
  /** A Kenyan mobile number, such as 0712 345 678 or 254712345678. */
  phoneNumber?: string | undefined;
  /** How a person found out who paid. */
  identifiedBy?: string | undefined;
} | {
  action: 'dispute';
} | {
  action: 'reopen';
} | {
  action: 'retry-payout';
  /** A Kenyan mobile number, such as 0712 345 678 or 254712345678. */
  phoneNumber?: string | undefined;
  /** How a person found out who paid. */
  identifiedBy?: string | undefined;
};

export type PayoutInput = {
  /** Kenyan shillings. */
  amount: number;
  /** Why, for people. */
  reason: string;
  /** Your own name for it. It is used once. */
  externalReference?: string | undefined;
  /** A Kenyan mobile number, such as 0712 345 678 or 254712345678. */
  phoneNumber: string;
} | {
  /** Kenyan shillings. */
  amount: number;
  /** Why, for people. */
  reason: string;
  /** Your own name for it. It is used once. */
  externalReference?: string | undefined;
  bankReference: string;
};

export type PayoutQuery = {
  state?: 'requested' | 'declined' | 'approved' | 'partly_paid' | 'paid' | 'rejected' | undefined;
  /** The id of a payout. */
  payoutId?: string | undefined;
  /** M-PESA's code of a movement of money, such as UKL7XYZ123. */
  receipt?: string | undefined;
  /** The id of money that came. */
  depositId?: string | undefined;
  /** How many of a page. */
  limit?: number | undefined;
};

export type RefundInput = {
  /** Kenyan shillings. */
  amount?: number | undefined;
  /** Why, for people. */
  reason: string;
  method?: 'reversal' | 'b2c' | undefined;
  /** A Kenyan mobile number, such as 0712 345 678 or 254712345678. */
  phoneNumber?: string | undefined;
  /** How a person found out who paid. */
  identifiedBy?: string | undefined;
  /** The id of a payment. */
  paymentId: string;
} | {
  /** Kenyan shillings. */
  amount?: number | undefined;
  /** Why, for people. */
  reason: string;
  method?: 'reversal' | 'b2c' | undefined;
  /** A Kenyan mobile number, such as 0712 345 678 or 254712345678. */
  phoneNumber?: string | undefined;
  /** How a person found out who paid. */
  identifiedBy?: string | undefined;
  /** The id of money that came. */
  depositId: string;
};

export type Payment = {
  /** The id of a payment. */
  paymentId: string;
  /** What a person types or is shown. */
  reference: string;
  type: string;
  status: 'pending' | 'unknown' | 'paid' | 'failed' | 'expired' | 'reversed' | 'refunded';
  /** Kenyan shillings. */
  amount: number;
  /** The phone number, but for some digits. */
  maskedPhone: string;
  failureReason: 'insufficient_funds' | 'amount_too_small' | 'limit' | 'daily_limit' | 'business_limit' | 'too_soon' | 'busy' | 'subscriber_locked' | 'expired' | 'prompt_not_sent' | 'cancelled' | 'unreachable' | 'wrong_pin' | 'pin_locked' | 'account_inactive' | 'network' | 'service_problem' | 'not_on_network' | 'invalid_phone' | 'unknown' | null;
  /** Words for the customer, in their language. */
  customerMessage: string;
  /** M-PESA's code of the payment. */
  mpesaReceiptNumber: string | null;
  /** How much of it we refunded, in shillings; null where we sent nothing. */
  refundedAmount: number | null;
  /** Whether the money is proved, or told: only a notice has reported it. Null as long as nothing came. */
  proved: boolean | null;
  createdAt: string;
  expiresAt: string | null;
  completedAt: string | null;
  /** Your own name for it. It is used once. */
  externalReference: string | null;
  /** What the shop wants to remember, at most 20 entries. */
  metadata: Record<string, string | number | boolean> | null;
  /** Where the invoice is, once there is one. */
  invoiceUrl: string | null;
};

export type PromptedPayment = {
  /** The id of a payment. */
  paymentId: string;
  /** What a person types or is shown. */
  reference: string;
  status: 'pending' | 'unknown';
  /** Kenyan shillings. */
  amount: number;
  /** The phone number, but for some digits. */
  maskedPhone: string;
  /** Words for the customer, in their language. */
  customerMessage: string;
  expiresAt: string;
};

export type PaymentPage = {
  payments: Array<ListedPayment>;
  /** Send it as `cursor` for the next page. Null on the last. */
  nextCursor: string | null;
  /** How many there are of all pages, 10,000 at most. */
  total?: number | undefined;
  /** How many pages of `limit` there are. */
  pages?: number | undefined;
  /** `true` where there are more than `total`. */
  totalIsMore?: true | undefined;
  /** Which page, from 1. Numbered pages end with entry 10,000; a cursor has no end. */
  page?: number | undefined;
  /** How many of a page. */
  limit?: number | undefined;
};

export type ListedPayment = {
  /** The id of a payment. */
  paymentId: string;
  /** What a person types or is shown. */
  reference: string;
  type: string;
  status: 'pending' | 'unknown' | 'paid' | 'failed' | 'expired' | 'reversed' | 'refunded';
  /** Kenyan shillings. */
  amount: number;
  /** The phone number, but for some digits. */
  maskedPhone: string;
  failureReason: 'insufficient_funds' | 'amount_too_small' | 'limit' | 'daily_limit' | 'business_limit' | 'too_soon' | 'busy' | 'subscriber_locked' | 'expired' | 'prompt_not_sent' | 'cancelled' | 'unreachable' | 'wrong_pin' | 'pin_locked' | 'account_inactive' | 'network' | 'service_problem' | 'not_on_network' | 'invalid_phone' | 'unknown' | null;
  /** Words for the customer, in their language. */
  customerMessage: string;
  /** M-PESA's code of the payment. */
  mpesaReceiptNumber: string | null;
  /** How much of it we refunded, in shillings; null where we sent nothing. */
  refundedAmount: number | null;
  /** Whether the money is proved, or told: only a notice has reported it. Null as long as nothing came. */
  proved: boolean | null;
  createdAt: string;
  expiresAt: string | null;
  completedAt: string | null;
  /** Your own name for it. It is used once. */
  externalReference: string | null;
  /** What the shop wants to remember, at most 20 entries. */
  metadata: Record<string, string | number | boolean> | null;
  /** Where the invoice is, once there is one. */
  invoiceUrl: string | null;
  /** `visitor`, or `key:<id>`. */
  caller?: string | undefined;
};

export type PriceList = {
  items: Array<Item>;
};

export type Item = {
  /** The name of an item in the price list. */
  sku: string;
  name: string;
  kind: 'product' | 'booking_fee' | 'donation';
  vatClass: 'A' | 'B' | 'C' | 'D' | 'E';
  price: number | null;
} | {
  /** The name of an item in the price list. */
  sku: string;
  name: string;
  kind: 'product' | 'booking_fee' | 'donation';
  vatClass: 'A' | 'B' | 'C' | 'D' | 'E';
  min: number | null;
  max: number | null;
};

/** `matching` is paid and held. `autoResolve`, `income` and `payout` are shown to whoever may decide about it. */
export type Booking = {
  /** The id of a booking. */
  bookingId: string;
  /** What a person types or is shown. */
  reference: string;
  state: 'created' | 'matching' | 'released' | 'refunded' | 'expired' | 'disputed';
  /** The name of an item in the price list. */
  sku: string;
  name: string;
  /** Kenyan shillings. */
  amount: number;
  /** The part of the fee that was given back by hand while it was held: the decision is about the rest. */
  givenBack?: number | undefined;
  /** The phone number, but for some digits. */
  maskedPhone: string;
  paymentStatus: 'pending' | 'unknown' | 'paid' | 'failed' | 'expired' | 'reversed' | 'refunded';
  /** Whether the money is proved, or told: only a notice has reported it. Null as long as nothing came. */
  proved: boolean | null;
  createdAt: string;
  expiresAt: string;
  heldAt: string | null;
  resolvedAt: string | null;
  refund: {
    /** Kenyan shillings. */
    amount: number;
    state: string | null;
  } | null;
  /** Your own name for it. It is used once. */
  externalReference: string | null;
  /** What the shop wants to remember, at most 20 entries. */
  metadata: Record<string, string | number | boolean> | null;
  /** Where the invoice is, once there is one. */
  invoiceUrl: string | null;
  /** What becomes of the fee when nobody decides in time. */
  autoResolve?: {
    /** The last day, in Nairobi; or to whom. */
    to: 'income' | 'provider' | 'payer';
    at: string;
  } | null | undefined;
  income?: number | null | undefined;
  payout?: {
    /** The id of a payout. */
    payoutId: string | null;
    /** The last day, in Nairobi; or to whom. */
    to: 'payer' | 'provider';
    /** Kenyan shillings. */
    amount: number;
    state: string | null;
  } | null | undefined;
};

export type PaymentAsked = {
  prompts: Array<{
    /** The id of one prompt of a payment. */
    attemptId: string;
    answer: 'settled' | 'unclear' | 'not_answered';
  }>;
  payment: Payment;
};

export type PayoutRequested = {
  /** The id of a payout. */
  payoutId: string;
  /** What a person types or is shown. */
  reference: string;
  state: 'requested';
  /** Kenyan shillings. */
  amount: number;
  parts: Array<number>;
};

/** `stopped` is null while payouts run. */
export type PayoutPage = {
  payouts: Array<Payout>;
  /** Send it as `before` for the next page. Null on the last. */
  nextBefore: string | null;
  /** How many there are of all pages, 10,000 at most. */
  total?: number | undefined;
  /** How many pages of `limit` there are. */
  pages?: number | undefined;
  /** `true` where there are more than `total`. */
  totalIsMore?: true | undefined;
  /** Which page, from 1. Numbered pages end with entry 10,000; a cursor has no end. */
  page?: number | undefined;
  /** How many of a page. */
  limit?: number | undefined;
  stopped: Stop | null;
};

export type Payout = {
  /** The id of a payout. */
  payoutId: string;
  /** What a person types or is shown. */
  reference: string;
  kind: 'payment' | 'refund' | 'reversal' | 'manual' | 'loan';
  state: 'requested' | 'declined' | 'approved' | 'partly_paid' | 'paid' | 'rejected';
  /** Kenyan shillings. */
  amount: number;
  /** Why, for people. */
  reason: string;
  /** The phone number, but for some digits. */
  maskedPhone: string | null;
  /** The whole number, for whoever may approve it. */
  phoneNumber?: string | null | undefined;
  bankReference: string | null;
  portalReceipt: string | null;
  /** Your own name for it. It is used once. */
  externalReference: string | null;
  /** `person:<id>` or `key:<id>`. */
  requestedBy: string;
  requestedAt: string;
  /** `person:<id>` or `key:<id>`. */
  decidedBy: string | null;
  decidedAt: string | null;
  parts: Array<PayoutPart>;
  /** What a refund returns. */
  givesBack: {
    /** The id of money that came. */
    depositId: string;
    /** The id of a payment. */
    paymentId: string | null;
    /** M-PESA's code of a movement of money, such as UKL7XYZ123. */
    receipt: string | null;
    /** Kenyan shillings. */
    amount: number;
    payerName: string | null;
    /** The phone number, but for some digits. */
    maskedPhone: string | null;
  } | null;
};

/** What one request to Safaricom sends. `why` says why it was rejected. */
export type PayoutPart = {
  withdrawalId: string;
  part: number;
  /** Kenyan shillings. */
  amount: number;
  state: string;
  /** M-PESA's code of a movement of money, such as UKL7XYZ123. */
  receipt: string | null;
  resultCode: string | null;
  why: string | null;
};

/** Why nothing leaves, and since when. */
export type Stop = {
  /** Why, for people. */
  reason: string;
  since: string;
};

export type RefundRequested = {
  /** The id of a payout. */
  payoutId: string;
  state: 'requested';
  method: 'reversal' | 'b2c';
  /** Kenyan shillings. */
  amount: number;
};

/** How much waits is there for whoever may read tasks. */
export type Healthy = {
  status: 'ok';
  /** Why it is not well. */
  reasons: Array<string>;
  /** When the scheduled function of each minute last ended. */
  minuteEndedAt: string | null;
  /** While nothing is due and the database sleeps: until when at most. What is said is then what the last minute knew. */
  sleepsUntil?: string | undefined;
  /** Whether callbacks can be kept elsewhere while the database is away. */
  keepsElsewhere: boolean;
  /** What proves money that only a notice has reported. */
  proof: string;
  migrations?: number | undefined;
  /** Open prompts. */
  pending?: number | undefined;
  /** Money that waits to be booked. */
  waiting?: number | undefined;
  deadLetters?: number | undefined;
  /** Open tasks. */
  reviews?: number | undefined;
  /** Open tasks by kind. */
  tasks?: Record<string, number> | undefined;
  /** How long the oldest urgent message waits. */
  oldestDueSeconds?: number | null | undefined;
  /** For which day each nightly run was last finished. */
  nights?: Record<string, string> | undefined;
};

export type Problem = {
  type: string;
  title: string;
  status: number;
  /** The name of the problem. It is missing where something went wrong on our side. */
  code?: string | undefined;
  /** What to change, in a sentence. */
  detail: string;
  /** Tell it when you ask about this answer. */
  requestId: string;
  /** What is wrong: with `invalid_input` field by field, with a file line by line. */
  errors?: Array<{
    field?: string | undefined;
    message: string;
    [further: string]: unknown;
  }> | undefined;
  /** Words for the customer, where a customer may meet the refusal. */
  customerMessage?: string | undefined;
  [further: string]: unknown;
};

export type Unhealthy = {
  status: 'failing';
  /** Why it is not well. */
  reasons: Array<string>;
  /** When the scheduled function of each minute last ended. */
  minuteEndedAt: string | null;
  /** While nothing is due and the database sleeps: until when at most. What is said is then what the last minute knew. */
  sleepsUntil?: string | undefined;
  /** Whether callbacks can be kept elsewhere while the database is away. */
  keepsElsewhere: boolean;
  /** What proves money that only a notice has reported. */
  proof: string;
  migrations?: number | undefined;
  /** Open prompts. */
  pending?: number | undefined;
  /** Money that waits to be booked. */
  waiting?: number | undefined;
  deadLetters?: number | undefined;
  /** Open tasks. */
  reviews?: number | undefined;
  /** Open tasks by kind. */
  tasks?: Record<string, number> | undefined;
  /** How long the oldest urgent message waits. */
  oldestDueSeconds?: number | null | undefined;
  /** For which day each nightly run was last finished. */
  nights?: Record<string, string> | undefined;
} | {
  status: 'failing';
  /** Why it is not well. */
  reasons: Array<string>;
} | {
  status: 'database_unreachable';
  /** Why it is not well. */
  reasons: Array<string>;
};

export type PaymentEvent = {
  /** The same for every try, every replay and every endpoint. */
  id: string;
  type: 'payment.paid' | 'payment.proved' | 'payment.failed' | 'payment.expired' | 'payment.refunded' | 'payment.reversed';
  /** When it happened. */
  timestamp: string;
  /** Of two states of an object, that of the greater version is the newer one. */
  version: number;
  data: {
    /** The id of a payment. */
    paymentId: string;
    /** What a person types or is shown. */
    reference: string;
    type: string;
    status: 'pending' | 'unknown' | 'paid' | 'failed' | 'expired' | 'reversed' | 'refunded';
    /** Kenyan shillings. */
    amount: number;
    failureReason: 'insufficient_funds' | 'amount_too_small' | 'limit' | 'daily_limit' | 'business_limit' | 'too_soon' | 'busy' | 'subscriber_locked' | 'expired' | 'prompt_not_sent' | 'cancelled' | 'unreachable' | 'wrong_pin' | 'pin_locked' | 'account_inactive' | 'network' | 'service_problem' | 'not_on_network' | 'invalid_phone' | 'unknown' | null;
    /** M-PESA's code of the payment. */
    mpesaReceiptNumber: string | null;
    /** How much of it we refunded, in shillings; null where we sent nothing. */
    refundedAmount: number | null;
    /** Whether the money is proved, or told: only a notice has reported it. Null as long as nothing came. */
    proved: boolean | null;
    createdAt: string;
    completedAt: string | null;
    /** Your own name for it. It is used once. */
    externalReference: string | null;
    /** Where the invoice is, once there is one. */
    invoiceUrl: string | null;
    object: 'payment';
  };
};

export type BookingEvent = {
  /** The same for every try, every replay and every endpoint. */
  id: string;
  type: 'booking.held' | 'booking.released' | 'booking.refunded' | 'booking.expired';
  /** When it happened. */
  timestamp: string;
  /** Of two states of an object, that of the greater version is the newer one. */
  version: number;
  data: {
    object: 'booking';
    /** The id of a booking. */
    bookingId: string;
    /** What a person types or is shown. */
    reference: string;
    state: 'created' | 'held' | 'released' | 'refunded' | 'expired' | 'disputed';
    /** Kenyan shillings. */
    amount: number;
    /** Whether the money is proved, or told: only a notice has reported it. Null as long as nothing came. */
    proved: boolean | null;
    expiresAt: string;
    heldAt: string | null;
    resolvedAt: string | null;
    incomeAmount: number | null;
    /** The id of a payout. */
    payoutId: string | null;
    payoutAmount: number | null;
    /** Your own name for it. It is used once. */
    externalReference: string | null;
  };
};

export type PayoutEvent = {
  /** The same for every try, every replay and every endpoint. */
  id: string;
  type: 'payout.paid' | 'payout.failed';
  /** When it happened. */
  timestamp: string;
  /** Of two states of an object, that of the greater version is the newer one. */
  version: number;
  data: {
    object: 'payout';
    /** The id of a payout. */
    payoutId: string;
    /** What a person types or is shown. */
    reference: string;
    kind: 'payment' | 'refund' | 'reversal' | 'manual' | 'loan';
    state: 'requested' | 'declined' | 'approved' | 'partly_paid' | 'paid' | 'rejected';
    /** Kenyan shillings. */
    amount: number;
    /** How much of it has arrived, in shillings. */
    paidAmount: number;
    mpesaReceiptNumbers: Array<string>;
    /** Why the rest has not arrived, in words. */
    failureReasons: Array<string>;
    /** The id of a payment. */
    paymentId: string | null;
    /** Your own name for it. It is used once. */
    externalReference: string | null;
    requestedAt: string;
  };
};

export type InvoiceEvent = {
  /** The same for every try, every replay and every endpoint. */
  id: string;
  type: 'invoice.sent';
  /** When it happened. */
  timestamp: string;
  /** Of two states of an object, that of the greater version is the newer one. */
  version: number;
  data: {
    object: 'invoice';
    invoiceId: string;
    kind: 'invoice' | 'receipt' | 'credit_note';
    number: string | null;
    /** The id of a payment. */
    paymentId: string;
    /** How many there are of all pages, 10,000 at most. */
    total: number;
    issuedAt: string | null;
    sentAt: string | null;
    /** Where the invoice is, once there is one. */
    invoiceUrl: string;
  };
};

export type DepositEvent = {
  /** The same for every try, every replay and every endpoint. */
  id: string;
  type: 'deposit.unidentified';
  /** When it happened. */
  timestamp: string;
  /** Of two states of an object, that of the greater version is the newer one. */
  version: number;
  data: {
    object: 'deposit';
    /** The id of money that came. */
    depositId: string;
    state: 'unidentified' | 'identified';
    /** Kenyan shillings. */
    amount: number;
    /** M-PESA's code of the payment. */
    mpesaReceiptNumber: string | null;
    shortcode: string | null;
    /** Whether the money is proved, or told: only a notice has reported it. Null as long as nothing came. */
    proved: boolean;
    movedAt: string | null;
    heardAt: string;
  };
};

export type LoanEvent = {
  /** The same for every try, every replay and every endpoint. */
  id: string;
  type: 'loan.submitted' | 'loan.approved' | 'loan.rejected' | 'loan.withdrawn' | 'loan.disbursed' | 'loan.repaid' | 'loan.repayment_reversed' | 'loan.closed' | 'loan.reopened';
  /** When it happened. */
  timestamp: string;
  /** Of two states of an object, that of the greater version is the newer one. */
  version: number;
  data: {
    object: 'loan';
    /** The id of a loan. */
    loanId: string;
    /** What a person types or is shown. */
    reference: string;
    state: 'submitted' | 'approved' | 'rejected' | 'withdrawn' | 'disbursing' | 'active' | 'closed';
    principal: number;
    /** All that its schedule and its penalties still ask for, in shillings. */
    outstanding: number;
    /** The id of a member. */
    memberId: string;
    memberNumber: string;
    appliedAt: string;
    disbursedOn: string | null;
    closedAt: string | null;
    /** With an event about a repayment: that one. */
    repayment?: {
      repaymentId: string;
      /** Kenyan shillings. */
      amount: number;
      receivedAt: string;
      reversedAt: string | null;
    } | undefined;
  };
};

export type MemberEvent = {
  /** The same for every try, every replay and every endpoint. */
  id: string;
  type: 'member.joined' | 'member.changed';
  /** When it happened. */
  timestamp: string;
  /** Of two states of an object, that of the greater version is the newer one. */
  version: number;
  data: {
    object: 'member';
    /** The id of a member. */
    memberId: string;
    memberNumber: string;
    /** The language of messages and words: `en` or `sw`. */
    language: 'en' | 'sw';
    joinedAt: string;
  };
};

export type TestEvent = {
  /** The same for every try, every replay and every endpoint. */
  id: string;
  type: 'test';
  /** When it happened. */
  timestamp: string;
  /** Of two states of an object, that of the greater version is the newer one. */
  version: number;
  data: {
    object: 'test';
  };
};

/** What a webhook bears. */
export type WebhookEvent = PaymentEvent | BookingEvent | PayoutEvent | InvoiceEvent | DepositEvent | LoanEvent | MemberEvent | TestEvent;

/** The `code` of a problem. */
export type ProblemCode =
  | 'invalid_input'
  | 'invalid_idempotency_key'
  | 'unauthorized'
  | 'code_refused'
  | 'forbidden'
  | 'not_found'
  | 'payment_not_found'
  | 'invoice_not_found'
  | 'deposit_not_found'
  | 'payout_not_found'
  | 'booking_not_found'
  | 'inquiry_not_found'
  | 'member_not_found'
  | 'account_not_found'
  | 'product_not_found'
  | 'loan_not_found'
  | 'repayment_not_found'
  | 'penalty_not_found'
  | 'waiver_not_found'
  | 'entry_not_found'
  | 'bulk_not_found'
  | 'statement_not_found'
  | 'letter_not_found'
  | 'webhook_not_found'
  | 'webhook_event_not_found'
  | 'task_not_found'
  | 'method_not_allowed'
  | 'request_in_flight'
  | 'prompt_open'
  | 'already_paid'
  | 'payment_being_checked'
  | 'payment_returned'
  | 'still_checking'
  | 'external_reference_used'
  | 'subscriber_locked'
  | 'urls_already_registered'
  | 'nothing_in_suspense'
  | 'not_matched'
  | 'deposit_refuted'
  | 'deposit_not_refuted'
  | 'pull_number_missing'
  | 'receipt_unconfirmed'
  | 'reversed_elsewhere'
  | 'receipt_moved'
  | 'payer_changed'
  | 'payout_decided'
  | 'payout_under_way'
  | 'copy_unclaimed'
  | 'payout_not_unknown'
  | 'payouts_stopped'
  | 'payouts_running'
  | 'bulk_repeated'
  | 'bulk_changed'
  | 'bulk_decided'
  | 'bulk_ended'
  | 'bulk_unreadable'
  | 'person_not_found'
  | 'session_not_found'
  | 'key_not_found'
  | 'receipt_not_found'
  | 'person_anonymised'
  | 'person_known'
  | 'not_yourself'
  | 'key_revoked'
  | 'key_has_maker'
  | 'receipt_decided'
  | 'receipt_day_differs'
  | 'nothing_to_ask'
  | 'booking_expired'
  | 'booking_not_held'
  | 'booking_disputed'
  | 'booking_not_decided'
  | 'booking_decided'
  | 'already_a_member'
  | 'national_id_used'
  | 'loan_decided'
  | 'loan_not_approved'
  | 'loan_not_active'
  | 'loan_under_way'
  | 'too_many_applications'
  | 'own_loan'
  | 'own_account'
  | 'not_a_member'
  | 'repayment_reversed'
  | 'money_already_moved'
  | 'waiver_decided'
  | 'entry_decided'
  | 'top_up_not_proved'
  | 'entry_not_shown'
  | 'paid_out_not_shown'
  | 'receipt_known'
  | 'statement_known'
  | 'statement_not_waiting'
  | 'statement_not_signed'
  | 'statement_not_whole'
  | 'statement_does_not_join'
  | 'statement_of_other_shortcode'
  | 'part_differs'
  | 'letter_not_dead'
  | 'letter_must_stay'
  | 'letter_unreadable'
  | 'task_closed'
  | 'webhook_disabled'
  | 'too_many_webhooks'
  | 'task_money_waits'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'key_reused'
  | 'amount_mismatch'
  | 'deposit_too_small'
  | 'address_refused'
  | 'webhook_address_refused'
  | 'amount_out_of_range'
  | 'unknown_item'
  | 'unknown_reference'
  | 'unknown_shortcode'
  | 'loan_out_of_range'
  | 'no_phone'
  | 'assignee_refused'
  | 'waiver_too_large'
  | 'price_is_fixed'
  | 'donation_amount_required'
  | 'donation_out_of_range'
  | 'not_a_donation'
  | 'type_not_offered'
  | 'phone_refused'
  | 'phone_not_yours'
  | 'under_age'
  | 'no_email'
  | 'second_person_needed'
  | 'refund_too_large'
  | 'refund_impossible'
  | 'payer_unknown'
  | 'provider_unknown'
  | 'insufficient_float'
  | 'payouts_not_configured'
  | 'initiator_not_configured'
  | 'too_many_prompts'
  | 'too_many_bookings'
  | 'too_many_codes'
  | 'too_many_requests'
  | 'daily_cap'
  | 'provider_refused'
  | 'provider_unavailable'
  | 'database_unreachable';

/** What to do about the problems of these calls. */
export const REMEDIES: Record<string, string | undefined> = {
  already_paid: "Nothing: it is paid.",
  amount_mismatch: "Send the amount that is owed, or none.",
  amount_out_of_range: "Send an amount within the limits that `detail` names.",
  body_too_large: "Send less in one request; a file in parts.",
  booking_decided: "Nothing: a booking is decided once.",
  booking_disputed: "Reopen the booking, then decide.",
  booking_expired: "Make a new booking.",
  booking_not_found: "Check the id of the booking.",
  booking_not_held: "Its fee is not held: wait until it is paid, or make a new booking.",
  daily_cap: "Wait until tomorrow, or raise the limit: docs/operations.md says how.",
  database_unreachable: "Try again in a minute or two. What was paid stays paid.",
  deposit_not_found: "Check the id. Money can be matched or refunded once it is booked: ask again after a minute.",
  deposit_refuted: "The money never came: take it back, do not use it.",
  donation_amount_required: "Send the `amount` that the customer gives.",
  donation_out_of_range: "Send an amount within the limits of the price list.",
  external_reference_used: "Send another `externalReference`, or read what the first request with it made.",
  forbidden: "Ask somebody who holds the right that `detail` names. With a cookie, only our own pages may write.",
  invalid_idempotency_key: "Send 8 to 255 visible ASCII characters as `Idempotency-Key`, best a new UUID.",
  invalid_input: "Correct the fields that `errors` names.",
  key_reused: "Send a new `Idempotency-Key` with another request.",
  not_a_donation: "Buy donations apart from other things.",
  nothing_to_ask: "Nothing: no prompt of this payment is open.",
  payer_unknown: "Send `phoneNumber`, and in `identifiedBy` how you found out who paid.",
  payment_being_checked: "Wait until it is known whether the earlier payment came. Do not ask the customer to pay again.",
  payment_not_found: "Check the id of the payment.",
  payment_returned: "Start a new order.",
  payout_under_way: "Wait for the end of the payout that is under way, or decline it.",
  payouts_not_configured: "Set the initiator: docs/deploy.md says how.",
  phone_refused: "The customer gives a Safaricom number that can be prompted.",
  price_is_fixed: "Leave `amount` out: the price list says what it costs.",
  prompt_open: "Wait until the prompt that is open on the phone has ended, then try again.",
  provider_refused: "Read `detail`: Safaricom refused it, and says why.",
  provider_unavailable: "Try again in a minute.",
  provider_unknown: "Send the `phoneNumber` of the provider.",
  receipt_unconfirmed: "Wait until the receipt is proved: by a status answer, a pull or a signed statement.",
  refund_impossible: "Choose the method that `detail` names.",
  refund_too_large: "Send at most what is left of the money.",
  request_in_flight: "Wait for the answer to the first request with this `Idempotency-Key`, then repeat.",
  reversed_elsewhere: "The money was reversed in the portal: take it back.",
  still_checking: "Ask again in a few seconds: the earlier prompt is being looked up at Safaricom.",
  subscriber_locked: "The customer finishes what is open on their phone, or waits two minutes.",
  too_many_bookings: "Wait as long as `detail` says, or leave the e-mail address out.",
  too_many_prompts: "Wait as long as `detail` says.",
  too_many_requests: "Wait an hour, or until tomorrow.",
  type_not_offered: "Send a `type` that this site offers.",
  unauthorized: "Sign in again, or send an API key that was not revoked.",
  unknown_item: "Take a `sku` of `GET /api/items`.",
  unknown_reference: "Check the reference: a loan begins with LN-, savings with SV-.",
  unsupported_media_type: "Send the `Content-Type` that `detail` names.",
};

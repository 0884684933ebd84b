/** The house from the ground up. A storey uses those below it; inside one, a room uses the rooms before it. ARCHITECTURE.md shows the same rooms. */
export const HOUSE: Record<string, readonly string[]> = {
  ground: [
    ...[
      'errors.ts',
      'retry.ts',
      'money',
      'time',
      'text',
      'callback-tokens',
      'config',
      'db',
      'blobs',
      'outbound',
      'log.ts',
      'ground.ts',
      'failures',
      'audit',
      'inbox',
      'outbox',
      'tasks',
      'limits',
    ],
    ...['references', 'answers.ts', 'idempotency', 'call.ts', 'outbox/delivery', 'notify', 'runs'],
  ],
  people: ['auth', 'people'],
  books: ['ledger'],
  mpesa: [
    ...['daraja', 'token-cache', 'wiring', 'float', 'payments', 'paybill', 'payouts', 'refunds', 'inquiries', 'statements', 'reconcile'],
    ...['float/watch', 'float/entries', 'spill'],
  ],
  shop: ['vat', 'invoices', 'orders', 'bookings', 'notices'],
  sacco: ['members', 'loans/math', 'loans', 'accounts', 'members/profile', 'loans/runs', 'notices'],
  desk: [
    'payments',
    'deposits',
    'letters',
    'tasks',
    'alerts',
    'errors',
    'audit',
    'timelines',
    'reports',
    'health',
    'upkeep',
    'webhooks',
    'person',
  ],
  'core.ts': [],
  'app.ts': [],
  http: [],
  'every-minute.ts': [],
};

/**
 * What the purposes are in SQL: functions of the storeys above that `mpesa` calls by name, since a statement that settles or books is one
 * function and one round trip. Each takes ids, amounts and times, or rows of `mpesa`, and says what the money means up there.
 */
export const HANDED_UP: Record<string, string> = {
  quote_order: 'what a basket costs: the price is computed in the statement that opens its payment',
  refuse_late_booking: 'a booking that has expired is not prompted for again, decided under the lock of its payment',
  sell: 'an order or a donation was paid: its sale, VAT and invoice',
  sell_over_counter: 'money at a till that no prompt asked for is a sale with VAT',
  hold_booking: "a booking's fee was paid, and is held",
  deposit_savings: 'money for a savings account goes to it',
  tell_closed: 'money was proved: a loan that it has paid off is closed for good',
  tell_moved: "M-PESA's time of money was corrected: the loans that it has repaid are recomputed",
  has_repaid: 'money in loans comes out of them only where they are recomputed',
  sold_for: 'money is taken back: what its sale has booked',
  is_fee_held: 'money is taken back: whether its fee is still in escrow',
  expire_held: 'money is taken back: the booking that it paid ends',
  credit_taken_back: 'money is taken back: the invoice that it paid gets a credit note',
  notify_savings_taken_back: 'money is taken back out of savings: their member is notified',
};

/**
 * What rooms of `mpesa` ask of rooms that stand later in it: a receipt, a payout, a statement's line and a reversal are judged by each other, under the lock of what is judged
 * and in one round trip. By the room that calls; what is called is a function of the database, and each stands here for as long as it is called.
 */
export const ASKED_AHEAD: Record<string, Record<string, string>> = {
  wiring: {
    quote_standing: 'the price of what a standing reference pays, named in the list of all prices as those of shop are',
  },
  payments: {
    is_matched: 'a receipt moves to another deposit only where no person has matched it',
    left_unmatched: 'what a deposit still holds in suspense, when a reversal moves with its receipt',
    match_for: 'money counts for a payment by the match that a person made',
    is_paid_out: 'a receipt may be that of a payout of ours, which is no money that came',
    is_leaving: 'money that is on its way out stays with its deposit',
    is_reversing: 'money whose reversal was requested pays for nothing',
    over_counter: 'money sold at a till turns out to be other money: what its sale still holds',
    own_moves: 'a deposit that turns out to be at another short code: what it moved there',
    left_from: 'the same, of what was reversed of it',
    parts_given_back: 'a reversal is booked for what people have not yet booked of it',
    came_after_all: 'a payment whose money was refuted is prompted for again only if none came',
    take_reversal_along: "a receipt becomes another deposit's: its reversal goes along",
    take_back: 'two deposits become one: the one that is none is taken off the books',
    close_missing: 'a deposit gets its short code: statements may miss nothing any more',
    is_by_list: 'a better witness than a list moves a deposit to its short code',
    known_shortcode: 'a reversal leaves the short code that the money surely came to',
    is_own_money: 'a receipt may be a movement between our own accounts',
    recall_reversed: 'a receipt is new or moves: what statements show as reversed under it is applied',
    shown_reversed: 'how much of a receipt statements show as reversed',
  },
  paybill: {
    is_paid_out: "Safaricom's answer about a receipt may be about a payout of ours",
    is_own_money: 'a receipt that two people name may be a movement between our own accounts',
    given_back: 'money that statements show as reversed is not confirmed',
    unlinked_reversal: 'nor is money that a reversal without a name may have taken',
    is_covered: 'days whose statement is signed need no list',
    is_in_books: 'what a list names is told only if the books lack it',
    recall_reversed: 'a status answer gives money another receipt or amount: its reversal is applied',
    refute_absent: 'what lists and statements should name and do not is refuted: the minute asks for it',
  },
  payouts: {
    take_back_returned: 'a payout that did not leave after all: what returned of money taken back is taken back',
    is_own_result: 'a result is about this payout only where no inquiry has its ids',
    is_shown_reversed: 'a reversal of ours that a statement has booked is not booked again',
    link_own_reversal: "Safaricom's answer names the payment that a reversal undid",
  },
};

/** These two stand side by side: neither knows the other. */
const SIDE_BY_SIDE = ['shop', 'sacco'];

const STOREYS = Object.keys(HOUSE);

/** The storey of a file of src, or the file itself where it stands above them. */
export const storeyOf = (file: string): string => file.split('/')[0] ?? '';

/** The room of a file, as its storey lists it: the innermost folder that is one. */
export function roomOf(file: string): string | undefined {
  const inside = file.slice(storeyOf(file).length + 1);
  const rooms = HOUSE[storeyOf(file)]?.filter((room) => inside === room || inside.startsWith(`${room}/`)) ?? [];
  return rooms.sort((a, b) => b.length - a.length)[0];
}

/** Whether one file may know another: what is below it, or before it in its storey. */
export function mayKnow(file: string, target: string): boolean {
  const [from, to] = [storeyOf(file), storeyOf(target)];
  if (!STOREYS.includes(to)) return false; // dev and test use src, and not the other way round
  if (from !== to) return STOREYS.indexOf(to) < STOREYS.indexOf(from) && !(SIDE_BY_SIDE.includes(from) && SIDE_BY_SIDE.includes(to));
  const rooms = HOUSE[from] ?? [];
  return rooms.indexOf(roomOf(target) ?? '') <= rooms.indexOf(roomOf(file) ?? '');
}

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
      'log.ts',
      'ground.ts',
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
  shop: ['vat', 'invoices', 'orders', 'bookings'],
  sacco: ['members', 'loans/math', 'loans', 'accounts', 'members/profile', 'loans/runs', 'notices'],
  desk: ['payments', 'deposits', 'letters', 'tasks', 'reports', 'health'],
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
  if (from !== to) return STOREYS.indexOf(to) < STOREYS.indexOf(from) && !(SIDE_BY_SIDE.includes(from) && SIDE_BY_SIDE.includes(to));
  const rooms = HOUSE[from] ?? [];
  return rooms.indexOf(roomOf(target) ?? '') <= rooms.indexOf(roomOf(file) ?? '');
}

/** The house from the ground up. A storey uses those below it; inside one, a room uses the rooms before it. ARCHITECTURE.md shows the same rooms. */
export const HOUSE: Record<string, readonly string[]> = {
  ground: [
    ...[
      'errors.ts',
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
      'tasks',
      'limits',
    ],
    ...['references', 'idempotency', 'call.ts', 'outbox', 'notify', 'runs'],
  ],
  people: ['auth', 'people'],
  books: ['ledger'],
  mpesa: [
    ...['daraja', 'token-cache', 'wiring', 'payments', 'paybill', 'payouts', 'refunds', 'float', 'inquiries', 'statements', 'reconcile'],
    'spill',
  ],
  shop: ['vat', 'invoices', 'orders', 'bookings'],
  sacco: ['members', 'accounts', 'loans/math', 'loans', 'loans/runs', 'notices'],
  desk: ['reports', 'health'],
  'core.ts': [],
  'app.ts': [],
  http: [],
  'every-minute.ts': [],
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

import type { Holding } from '../holding.ts';
import { MONEY } from './money.ts';
import { PEOPLE } from './people.ts';

/** Every table that holds something of a person, in the order in which it is shown. */
export const HOLDINGS: readonly Holding[] = [...PEOPLE.slice(0, 10), ...MONEY, ...PEOPLE.slice(10)];

/** Tables that hold nothing of any one person, and those of whose sealed columns none can be taken out for one of them: why. */
export const OF_NOBODY: Record<string, string> = {
  database_environment: 'whose database it is',
  detachments: 'of which moment a copy is',
  lookup_keys: 'fingerprints of keys',
  failures: 'what failed, without personal data',
  sent_days: 'counts',
  minute_mark: 'when the minute ran',
  runs: 'how far a night is',
  ended_sessions: 'ids of sessions; each goes when it would have expired',
  accounts: 'the chart of accounts',
  checkpoints: 'balances',
  ledger_mark: 'how far balances are summed',
  float_entry_parts: 'moments and amounts of an entry',
  float_entry_lines: 'receipts and amounts of an entry',
  float_watches: 'balances',
  float_differences: 'balances',
  float_balances: 'balances of our own accounts',
  pulls: 'how far lists were asked for',
  bulk_payouts: 'the organisation’s words about a file of many payees, and the hash of all its lines',
  stops: 'why payouts are stopped',
  statements: 'about a file of many payers: accounting records, kept whole',
  statement_parts: 'the original file of many payers, sealed: an accounting record, kept whole and unread',
  statement_absences: 'receipts and amounts',
  provider_tokens: 'Safaricom’s token',
  invoice_counters: 'the last numbers',
  customer_events: 'a setting',
  items: 'the price list',
  vat_rates: 'rates',
  loan_products: 'terms',
  slot_counts: 'counts',
  day_counts: 'counts',
  late_slots: 'counts',
  ledger_days: 'sums',
  count_mark: 'how far it is counted',
  webhook_endpoints: 'the organisation’s own servers',
  retention_removals: 'how much was removed',
};

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ACTIONS_IN_WORDS } from '#desk/audit/action-words.ts';

/** Where the name of an action is put together or handed on: which names it may become. */
const PUT_TOGETHER: Record<string, readonly string[]> = {
  'desk/letters/end-letter.ts': ['dead_letter_retried', 'dead_letter_discarded'],
  'mpesa/float/entries/decide-entry.ts': ['float_entry_booked', 'float_entry_rejected'],
  'mpesa/inquiries/open-inquiry.ts': ['balance_asked', 'transaction_status_asked'],
  'mpesa/payouts/bulk/decide-bulk-payout.ts': ['bulk_approved', 'bulk_declined'],
  'mpesa/payouts/decide-payout.ts': ['payout_approved', 'payout_declined'],
  'mpesa/payouts/tell-settled-payout.ts': ['payout_paid', 'payout_rejected', 'payout_part_rejected'],
  'mpesa/reconcile/sign-statement.ts': ['statement_signed', 'statement_discarded'],
  'mpesa/refunds/close-refund.ts': ['refund_paid', 'reversal_paid'],
  'people/people/change-access.ts': ['role_changed', 'person_disabled', 'person_enabled'],
  'sacco/loans/decide-loan.ts': ['loan_approved', 'loan_rejected'],
  'sacco/loans/decide-waiver.ts': ['waiver_approved', 'waiver_declined'],
  'sacco/loans/work-out-loan.ts': ['loan_closed', 'loan_reopened'],
  'shop/bookings/decide-hold.ts': ['booking_released', 'booking_refunded'],
  'shop/bookings/resolve-booking.ts': ['booking_disputed', 'booking_reopened'],
  'shop/notices/stop-messages.ts': ['customer_messages_stopped', 'customer_messages_resumed'],
};

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(ts|sql)$/.test(name))
  .map((name) => ({ name, text: readFileSync(`src/${name}`, 'utf8') }));

/** Files that write to the trail. */
const writers = files.filter(
  ({ name, text }) => name.endsWith('.ts') && !name.startsWith('ground/audit/') && /\brecord(Sql)?\(/.test(text),
);

const named = [
  ...writers.flatMap(({ text }) => [...text.matchAll(/\baction: '([a-z]+_[a-z_]+)'/g)].map(([, action = '']) => action)),
  ...files
    .filter(({ name }) => name.endsWith('.sql'))
    .flatMap(({ text }) => [
      ...[...text.matchAll(/record_1\('([a-z_]+)'/g)].map(([, action = '']) => action),
      ...[...text.matchAll(/record_by_1\([^,]+, '([a-z_]+)'/g)].map(([, action = '']) => action),
      ...[...text.matchAll(/record_1\(case when [^;]*? then '([a-z_]+)' else '([a-z_]+)' end/g)].flatMap(([, one = '', other = '']) => [
        one,
        other,
      ]),
    ]),
];

test('every action that is written to the trail is said in words, and no other', () => {
  const written = [...new Set([...named, ...Object.values(PUT_TOGETHER).flat()])].sort();
  expect(written.length).toBeGreaterThan(80);
  expect([...ACTIONS_IN_WORDS].sort()).toEqual(written);
});

test('where the name of an action is put together it is listed', () => {
  const found = writers.filter(({ text }) => /\baction: (?!'|z\.|string\b|sql\b|[A-Z])|[{,]\s*action,/.test(text)).map(({ name }) => name);
  expect(found.sort()).toEqual(Object.keys(PUT_TOGETHER).sort());
});
